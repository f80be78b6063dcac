//! Layers and roots against the stand-ins.
