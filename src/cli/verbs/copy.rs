//! `cp` and `export`: files of a container as a tar archive, in and out. Knows no flag but its own.

use std::path::{Path, PathBuf};

use tokio::{fs, io::AsyncWriteExt, task::spawn_blocking};
use tokio_util::io::SyncIoBridge;

use super::{files, find};
use crate::{
    backend::{Archive, Engine, EngineError},
    cli::print::Failure,
    model::ContainerId,
};

mod pack;

/// `cp`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Copy {
    /// Keep user and group
    #[arg(short = 'a', long)]
    archive: bool,
    /// Follow a link that is the source
    #[arg(short = 'L', long)]
    follow_link: bool,
    /// Say nothing; docker does the same without a terminal
    #[arg(short = 'q', long)]
    quiet: bool,
    /// CONTAINER:PATH, a path here, or - for a tar archive
    source: String,
    /// The same
    target: String,
}

/// `export`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Export {
    /// File to write to, instead of standard output
    #[arg(short = 'o', long, value_name = "FILE")]
    output: Option<PathBuf>,
    container: String,
}

/// One end of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// In a container.
    Inside(String, String),
    /// Here.
    Here(String),
}

/// Whether it begins with a drive of Windows: one letter, and a backslash after the colon. A container whose name is
/// one letter is meant where what follows is a slash.
fn is_drive(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, b':', b'\\', ..] if letter.is_ascii_alphabetic())
}

/// A colon makes it a container's, unless it looks like a path of ours.
fn place(text: &str) -> Place {
    let ours = text.starts_with(['/', '.']) || is_drive(text);
    match text.split_once(':') {
        Some((name, path)) if !ours && !name.is_empty() => Place::Inside(name.to_owned(), inside(path)),
        _ => Place::Here(text.to_owned()),
    }
}

/// A path inside, as all that follows takes it: Windows takes slashes too, and its drive tells that it is Windows'.
fn inside(path: &str) -> String {
    if is_drive(path) { path.replace('\\', "/") } else { path.to_owned() }
}

/// A path inside without the ends that mean something to us: `/` and `/.` behind it.
fn bare(path: &str) -> &str {
    let path = path.strip_suffix("/.").unwrap_or(path);
    let path = path.trim_end_matches('/');
    if path.is_empty() { "/" } else { path }
}

fn last(path: &str) -> &str {
    bare(path).rsplit('/').next().unwrap_or_default()
}

impl Export {
    pub(crate) async fn go(&self, engine: &dyn Engine) -> Result<(), Failure> {
        let found = find::container(engine, &self.container).await?;
        files::sink(engine.export(&found.id).await?, self.output.as_deref()).await
    }
}

impl Copy {
    pub(crate) async fn go(&self, engine: &dyn Engine) -> Result<(), Failure> {
        match (place(&self.source), place(&self.target)) {
            (Place::Inside(name, path), Place::Here(target)) => {
                let id = find::container(engine, &name).await?.id;
                copy_out(engine, &id, &path, &target).await
            }
            (Place::Here(source), Place::Inside(name, path)) => {
                let id = find::container(engine, &name).await?.id;
                self.copy_in(engine, &id, &source, &path).await
            }
            (Place::Inside(..), Place::Inside(..)) => {
                Err(Failure::plain("copying between containers is not supported", 1))
            }
            (Place::Here(_), Place::Here(_)) => Err(Failure::plain("must specify at least one container source", 1)),
        }
    }

    async fn copy_in(&self, engine: &dyn Engine, id: &ContainerId, source: &str, target: &str) -> Result<(), Failure> {
        if source == "-" {
            return Ok(engine.copy_in(id, bare(target), files::source(None).await?).await?);
        }
        let path = PathBuf::from(source);
        let known = if self.follow_link { fs::metadata(&path).await } else { fs::symlink_metadata(&path).await };
        let known = known.map_err(|why| Failure::plain(&format!("lstat {source}: {why}"), 1))?;
        let (folder, name) = landing(engine, id, &path, known.is_dir(), target).await?;
        let contents = source.ends_with("/.") || source == ".";
        let name = if contents && known.is_dir() && name == last_of(&path) { String::new() } else { name };
        let packing = pack::Packing { path, name, follow: self.follow_link, owners: self.archive };
        Ok(engine.copy_in(id, &folder, packed(packing)).await?)
    }
}

fn last_of(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    whole.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Where in the container it lands: an existing folder takes it by its own name; otherwise the last part of the
/// target is its name from now on.
async fn landing(
    engine: &dyn Engine,
    id: &ContainerId,
    source: &Path,
    is_folder: bool,
    target: &str,
) -> Result<(String, String), Failure> {
    let kind = kind_inside(engine, id, bare(target)).await?;
    let (parent, name) = match bare(target).rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some((parent, name)) => (parent, name),
        None => ("/", bare(target)),
    };
    match kind {
        Some(pack::Kind::Folder) => Ok((bare(target).to_owned(), last_of(source))),
        Some(pack::Kind::Other) if is_folder => Err(Failure::plain("cannot copy directory", 1)),
        None if target.ends_with('/') && !is_folder => Err(Failure::plain(&format!("no such directory: {target}"), 1)),
        _ => Ok((parent.to_owned(), name.to_owned())),
    }
}

/// What is at a path inside: told by the first entry of its archive, for that every engine has.
async fn kind_inside(engine: &dyn Engine, id: &ContainerId, path: &str) -> Result<Option<pack::Kind>, Failure> {
    if path == "/" {
        return Ok(Some(pack::Kind::Folder));
    }
    let first = async { pack::first_kind(engine.copy_out(id, path).await?).await };
    match first.await {
        Ok(kind) => Ok(Some(kind)),
        Err(EngineError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// An archive of files here, written while it is sent.
fn packed(packing: pack::Packing) -> Archive {
    let (reader, writer) = tokio::io::duplex(256 << 10);
    let what = packing.path.display().to_string();
    let mut writer = SyncIoBridge::new(writer);
    let work = spawn_blocking(move || {
        packing.write(&mut writer)?;
        writer.shutdown()
    });
    pack::checked(files::flow(reader, &what), work, what)
}

async fn copy_out(engine: &dyn Engine, id: &ContainerId, path: &str, target: &str) -> Result<(), Failure> {
    let archive = engine.copy_out(id, bare(path)).await?;
    if target == "-" {
        return files::sink(archive, None).await;
    }
    let to = PathBuf::from(target);
    let into_folder = fs::metadata(&to).await.is_ok_and(|known| known.is_dir());
    if !into_folder && target.ends_with('/') {
        return Err(Failure::plain(&format!("directory {target} does not exist"), 1));
    }
    // In an existing folder it keeps its name, unless only what is in it was asked for.
    let (folder, name) = match (into_folder, path.ends_with("/.")) {
        (true, true) => (to, String::new()),
        (true, false) => (to, last(path).to_owned()),
        (false, _) => {
            let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
            (parent.unwrap_or(Path::new(".")).to_owned(), last_of(&to))
        }
    };
    let (reader, mut writer) = tokio::io::duplex(256 << 10);
    let reader = SyncIoBridge::new(reader);
    let old = last(path).to_owned();
    let unpack = spawn_blocking(move || pack::unpack(reader, &folder, &old, &name));
    let sent = send(archive, &mut writer).await;
    drop(writer);
    let unpacked = unpack.await.map_err(std::io::Error::other)?;
    // The engine's word, such as that there is no such file, goes before what followed from it.
    sent?;
    Ok(unpacked?)
}

async fn send(mut archive: Archive, to: &mut (impl tokio::io::AsyncWrite + Unpin)) -> Result<(), EngineError> {
    use futures_util::StreamExt;
    while let Some(piece) = archive.next().await {
        if to.write_all(&piece?).await.is_err() {
            // Whoever unpacks has given up, and says why.
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colon_makes_it_a_container_s() {
        assert_eq!(place("web:/etc"), Place::Inside("web".into(), "/etc".into()));
        assert_eq!(place("./a:b"), Place::Here("./a:b".into()));
        assert_eq!(place("/a:b"), Place::Here("/a:b".into()));
        assert_eq!(place("-"), Place::Here("-".into()));
        assert_eq!(place(r"C:\tmp\a"), Place::Here(r"C:\tmp\a".into()));
        assert_eq!(place(r"web:C:\tmp\a"), Place::Inside("web".into(), "C:/tmp/a".into()));
        assert_eq!(place(r"web:/tmp\a"), Place::Inside("web".into(), r"/tmp\a".into()));
    }

    #[test]
    fn ends_of_a_path_are_taken_off() {
        assert_eq!([bare("/a/"), bare("/a/."), bare("/"), bare("/.")], ["/a", "/a", "/", "/"]);
        assert_eq!([last("/a/b"), last("/a/b/"), last("/")], ["b", "b", ""]);
    }
}
