//! Image stores in folders of their own, and images made by hand.

#[path = "../support/noise.rs"]
mod noise;

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use longshore::{
    model::{ImageId, PathChange, Progress},
    runtime::{
        Result,
        db::Db,
        host::Storage,
        image::{Access, ImageStore, New, Tell},
        layout::Layout,
        linux::storage::LinuxStorage,
    },
};

pub(crate) use noise::noise;

/// A data root of one test's own.
pub(crate) struct Host {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) layout: Layout,
    pub(crate) images: ImageStore,
    pub(crate) db: Arc<Db>,
    /// Layers unpacked by this host's stores.
    pub(crate) unpacked: Arc<AtomicUsize>,
}

impl Host {
    pub(crate) fn new() -> Self {
        Self::with(Access::default())
    }

    pub(crate) fn with(access: Access) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::at(folder.path());
        let unpacked = Arc::default();
        let (images, db) = counted(&layout, access, &unpacked);
        Self { folder, layout, images, db, unpacked }
    }

    /// Another process's store over the same data.
    pub(crate) fn another(&self) -> ImageStore {
        counted(&self.layout, Access::default(), &self.unpacked).0
    }

    /// Makes an image of one layer with these files.
    pub(crate) async fn base(&self, name: &str, files: &[(&str, &[u8])]) -> ImageId {
        let new = New { name: Some(name.to_owned()), made_by: "base".into(), ..New::default() };
        self.images.import(Box::new(std::io::Cursor::new(tar(files))), new).await.unwrap()
    }

    /// Makes an image of one more layer with these files.
    pub(crate) async fn on_top(&self, parent: &ImageId, name: &str, files: &[(&str, &[u8])]) -> ImageId {
        let container = self.folder.path().join("a container");
        let upper = container.join("upper");
        fs::create_dir_all(&upper).unwrap();
        for (path, content) in files {
            fs::write(upper.join(path), content).unwrap();
        }
        let new = New {
            parent: Some(parent.clone()),
            name: Some(name.to_owned()),
            changes: vec!["CMD [\"run\"]".into()],
            made_by: "on top".into(),
            ..New::default()
        };
        let image = self.images.commit(&container, new).await.unwrap();
        fs::remove_dir_all(&container).unwrap();
        image
    }

    /// All files of an image, upper layers before lower ones.
    pub(crate) fn files(&self, reference: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        for folder in self.images.find(reference).unwrap().folders {
            collect(&folder, &folder, &mut files);
        }
        files
    }

    /// Names in a folder below the data root, locks aside.
    pub(crate) fn names(&self, folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut names: Vec<_> = names.filter(|name| !name.ends_with("lock")).collect();
        names.sort();
        names
    }

    /// Actions of events so far.
    pub(crate) fn events(&self) -> Vec<String> {
        let read = self.db.read("read the events", |c| {
            c.prepare("SELECT action FROM event ORDER BY id")?.query_map([], |row| row.get(0))?.collect()
        });
        read.unwrap()
    }
}

fn counted(layout: &Layout, access: Access, unpacked: &Arc<AtomicUsize>) -> (ImageStore, Arc<Db>) {
    let storage = Counting { storage: LinuxStorage::default(), unpacked: Arc::clone(unpacked) };
    let db = Arc::new(Db::open(layout).unwrap());
    let access = Access { pause: Duration::from_millis(1), ..access };
    (ImageStore::new(layout.clone(), Arc::clone(&db), Arc::new(storage), access), db)
}

/// A store as a process has it.
pub(crate) fn store(layout: &Layout) -> ImageStore {
    let db = Arc::new(Db::open(layout).unwrap());
    ImageStore::new(layout.clone(), db, Arc::new(LinuxStorage::default()), Access::default())
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            files.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
        }
    }
}

/// A tar with these files.
pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

/// Keeps what is written to any of its clones.
#[derive(Clone, Default)]
pub(crate) struct Kept(pub(crate) Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, some: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(some)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Takes what is told and forgets it.
pub(crate) fn silent() -> Tell {
    Arc::new(|_| {})
}

/// Keeps the last that was told.
pub(crate) fn last() -> (Tell, Arc<Mutex<Progress>>) {
    let last: Arc<Mutex<Progress>> = Arc::default();
    let into = Arc::clone(&last);
    (Arc::new(move |progress| *into.lock().unwrap() = progress), last)
}

/// The real storage, counting.
struct Counting {
    storage: LinuxStorage,
    unpacked: Arc<AtomicUsize>,
}

impl Storage for Counting {
    fn unpack(&self, tar: &mut dyn Read, parents: &[PathBuf], folder: &Path) -> Result<u64> {
        let size = self.storage.unpack(tar, parents, folder)?;
        self.unpacked.fetch_add(1, Ordering::SeqCst);
        Ok(size)
    }

    fn remove_layer(&self, folder: &Path) -> Result<()> {
        self.storage.remove_layer(folder)
    }

    fn mount(&self, layers: &[PathBuf], container: &Path, root: &Path) -> Result<()> {
        self.storage.mount(layers, container, root)
    }

    fn unmount(&self, root: &Path) -> Result<()> {
        self.storage.unmount(root)
    }

    fn changes(&self, layers: &[PathBuf], container: &Path) -> Result<Vec<PathChange>> {
        self.storage.changes(layers, container)
    }

    fn pack(&self, container: &Path, tar: &mut dyn Write) -> Result<()> {
        self.storage.pack(container, tar)
    }
}
