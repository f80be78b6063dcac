//! Pages of the detail pane that more than one dashboard shows.
