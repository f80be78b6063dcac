//! Monitors against the stand-in.
