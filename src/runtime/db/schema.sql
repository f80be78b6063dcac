-- Times are milliseconds since 1970. Digests and chain ids are written `sha256:HEX`. JSON columns are said so.

CREATE TABLE layer (
    chain      TEXT PRIMARY KEY,
    parent     TEXT REFERENCES layer (chain),
    diff       TEXT NOT NULL,
    digest     TEXT NOT NULL,     -- of the blob it came in, which is kept
    media_type TEXT NOT NULL,     -- of that blob
    packed     INTEGER NOT NULL,  -- bytes of that blob
    size       INTEGER NOT NULL,  -- bytes unpacked
    created    INTEGER NOT NULL,
    used       INTEGER NOT NULL DEFAULT 0  -- an image has had it; what a broken-off pull has made waits for the next
);

CREATE TABLE image (
    id       TEXT PRIMARY KEY,    -- digest of its config
    manifest TEXT NOT NULL,       -- digest of its manifest
    config   TEXT NOT NULL,       -- JSON, as in the blob
    size     INTEGER NOT NULL,    -- bytes of all its layers, unpacked
    created  INTEGER,
    pulled   INTEGER NOT NULL,
    parent   TEXT                 -- the image it was committed upon, which may be gone
);

CREATE TABLE image_layer (
    image    TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,    -- 0 is the lowest
    chain    TEXT NOT NULL REFERENCES layer (chain),
    PRIMARY KEY (image, position)
);

CREATE TABLE image_name (
    name   TEXT PRIMARY KEY,      -- the familiar form: `alpine:3`, `localhost:5000/a:b`, `alpine@sha256:HEX`
    image  TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    digest TEXT                   -- of the manifest or index in the registry it came from
);

CREATE TABLE container (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    image    TEXT NOT NULL,       -- its id; no reference, since a container outlives a forced removal
    spec     TEXT NOT NULL,       -- JSON: model::ContainerSpec, as it was asked for and changed since
    settled  TEXT NOT NULL,       -- JSON: runtime::records::container::Settled, what the image's settings made of it
    top      TEXT REFERENCES layer (chain), -- highest layer it stands on: keeps the chain when the image goes
    created  INTEGER NOT NULL,
    state    TEXT NOT NULL,       -- created, running, paused, restarting, exited, removing, dead
    exit     INTEGER,
    oom      INTEGER NOT NULL DEFAULT 0,
    error    TEXT,                -- why the last start failed
    pid      INTEGER,             -- of its main process, with the next two to know it again
    ticks    INTEGER,             -- its start time in clock ticks since boot
    boot     TEXT,                -- /proc/sys/kernel/random/boot_id
    started  INTEGER,
    finished INTEGER,
    restarts INTEGER NOT NULL DEFAULT 0,
    health   TEXT,                -- starting, healthy, unhealthy
    stopped  INTEGER NOT NULL DEFAULT 0  -- a person ended it: `unless-stopped` does not bring it back
);

CREATE TABLE container_volume (
    container TEXT NOT NULL REFERENCES container (id) ON DELETE CASCADE,
    volume    TEXT NOT NULL REFERENCES volume (name),
    target    TEXT NOT NULL,
    PRIMARY KEY (container, target)
);

CREATE TABLE volume (
    name      TEXT PRIMARY KEY,
    anonymous INTEGER NOT NULL,
    created   INTEGER NOT NULL,
    labels    TEXT NOT NULL       -- JSON
);

CREATE TABLE network (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL,
    bridge  TEXT NOT NULL UNIQUE, -- name of the host's interface
    spec    TEXT NOT NULL,        -- JSON: model::NetworkSpec
    subnet  TEXT NOT NULL,        -- CIDR
    gateway TEXT NOT NULL,
    subnet6 TEXT,
    gateway6 TEXT
);

CREATE TABLE attachment (
    container TEXT NOT NULL REFERENCES container (id) ON DELETE CASCADE,
    network   TEXT NOT NULL REFERENCES network (id),
    position  INTEGER NOT NULL,   -- 0 is eth0
    naming    TEXT NOT NULL,      -- JSON: model::Naming
    address   TEXT,               -- held while it is up; NULL when it is not
    address6  TEXT,
    mac       TEXT,
    PRIMARY KEY (container, network),
    UNIQUE (network, address),
    UNIQUE (network, address6)
);

CREATE TABLE mapping (
    container TEXT NOT NULL REFERENCES container (id) ON DELETE CASCADE,
    protocol  TEXT NOT NULL,
    host_ip   TEXT NOT NULL,      -- empty: every address
    host_port INTEGER NOT NULL,
    port      INTEGER NOT NULL,   -- inside
    UNIQUE (protocol, host_ip, host_port)
);

CREATE TABLE rule (
    id       INTEGER PRIMARY KEY,
    position INTEGER NOT NULL,
    scope    TEXT NOT NULL,       -- JSON: runtime::document::RuleScope
    rule     TEXT NOT NULL        -- JSON: runtime::document::FilterRule
);

CREATE TABLE event (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    kind       TEXT NOT NULL,     -- container, image, volume, network, rule: Docker's words
    action     TEXT NOT NULL,     -- create, start, die, pull, connect, …: Docker's words
    subject    TEXT NOT NULL,     -- its id
    name       TEXT NOT NULL,
    attributes TEXT NOT NULL      -- JSON object of strings
);
