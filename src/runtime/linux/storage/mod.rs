//! Layers as folders, roots as overlay mounts, both to and from tars. Knows neither images nor the database.

mod beneath;
mod clone;
mod fault;
mod layer;
mod lower;
mod node;
mod remove;
mod tar;
mod changes;
mod overlay;
mod pack;
mod unpack;
mod usage;
