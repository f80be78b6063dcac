//! Layers as folders, roots as overlay mounts, both to and from tars. Knows neither images nor the database.
