//! What an entry of a layer's tar tells of its file beside its content, both directions. Knows no file.
//!
//! Keys of go-winio's `backuptar`: <https://pkg.go.dev/github.com/Microsoft/go-winio/backuptar>.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::Trouble;
use crate::runtime::{
    backup_stream::{Attribute, BasicInfo, DIRECTORY, FileTime, Link, LinkKind},
    tar::{Entry, Kind, Meta, TarError, time, time_text},
};

/// Attributes, in decimal.
const ATTRIBUTES: &[u8] = b"MSWINDOWS.fileattr";
/// A security descriptor, in base64.
const SECURITY: &[u8] = b"MSWINDOWS.rawsd";
/// A security descriptor, in SDDL; written until 2016.
const SDDL: &[u8] = b"MSWINDOWS.sd";
/// Says that a symbolic link is a mount point.
const MOUNT_POINT: &[u8] = b"MSWINDOWS.mountpoint";
/// Beginning of the keys of extended attributes; the values are in base64.
const ATTRIBUTE: &[u8] = b"MSWINDOWS.xattr.";
/// When the file was made.
const CREATED: &[u8] = b"LIBARCHIVE.creationtime";
/// When it was read last.
const ACCESSED: &[u8] = b"atime";
/// When anything of it was changed last.
const CHANGED: &[u8] = b"ctime";

/// Who may do what with a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Security {
    /// It is not told.
    #[default]
    None,
    /// As bytes.
    Raw(Vec<u8>),
    /// As a text.
    Sddl(String),
}

/// What is told of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Attributes and times.
    pub(crate) info: BasicInfo,
    /// Who may do what.
    pub(crate) security: Security,
    /// Extended attributes, in the tar's order.
    pub(crate) attributes: Vec<Attribute>,
    /// Where it leads, if it is a link.
    pub(crate) link: Option<Link>,
}

impl Told {
    /// What `entry` tells.
    pub(crate) fn of(entry: &Entry) -> Result<Self, Trouble> {
        let written = FileTime::of(entry.meta.mtime);
        let times = BasicInfo { attributes: 0, created: written, accessed: written, written, changed: written };
        let mut told = Self { info: times, ..Self::default() };
        let mut attributes = None;
        let mut kind = LinkKind::Symlink;
        for (key, value) in &entry.meta.vendor {
            match key.as_slice() {
                ATTRIBUTES => attributes = Some(number(value).ok_or(Trouble::Refused("its attributes are no number"))?),
                SECURITY => told.security = Security::Raw(base64(value)?),
                // The newer form counts where both are told.
                SDDL if told.security == Security::None => {
                    let text = String::from_utf8(value.clone());
                    told.security = Security::Sddl(text.map_err(|_| Trouble::Refused("its security is no text"))?);
                }
                MOUNT_POINT => kind = LinkKind::MountPoint,
                CREATED => told.info.created = file_time(value)?,
                ACCESSED => told.info.accessed = file_time(value)?,
                CHANGED => told.info.changed = file_time(value)?,
                key => {
                    if let Some(name) = key.strip_prefix(ATTRIBUTE) {
                        told.attributes.push(Attribute { name: name.to_vec(), value: base64(value)? });
                    }
                }
            }
        }
        told.info.attributes = attributes.unwrap_or_default();
        match &entry.kind {
            Kind::Folder => told.info.attributes |= DIRECTORY,
            Kind::File { .. } if told.info.is_folder() => {
                return Err(Trouble::Refused("it is told to be a file and a folder"));
            }
            Kind::Symlink(target) => told.link = Some(Link { kind, target: target_of(target)? }),
            _ => {}
        }
        Ok(told)
    }

    /// As an entry of a tar.
    pub(crate) fn entry(&self, path: Vec<u8>, size: u64) -> Entry {
        let mut vendor = vec![(ATTRIBUTES.to_vec(), self.info.attributes.to_string().into_bytes())];
        let mut record = |key: &[u8], value: String| vendor.push((key.to_vec(), value.into_bytes()));
        for (key, time) in [(CREATED, self.info.created), (ACCESSED, self.info.accessed), (CHANGED, self.info.changed)]
        {
            record(key, time_text(time.parts()));
        }
        if let Security::Raw(bytes) = &self.security {
            record(SECURITY, STANDARD.encode(bytes));
        }
        for Attribute { name, value } in &self.attributes {
            record(&[ATTRIBUTE, name].concat(), STANDARD.encode(value));
        }
        let kind = match &self.link {
            Some(link) => {
                if link.kind == LinkKind::MountPoint {
                    record(MOUNT_POINT, "1".into());
                }
                Kind::Symlink(link.target.clone().into_bytes())
            }
            None if self.info.is_folder() => Kind::Folder,
            None => Kind::File { size, pieces: None },
        };
        Entry { path, kind, meta: Meta { mtime: self.info.written.parts(), vendor, ..Meta::default() } }
    }
}

fn target_of(target: &[u8]) -> Result<String, Trouble> {
    let text = str::from_utf8(target).ok().filter(|text| !text.contains('\0'));
    text.map(|text| text.replace('/', "\\")).ok_or(Trouble::Refused("the target of its link is no text"))
}

fn number(digits: &[u8]) -> Option<u32> {
    str::from_utf8(digits).ok()?.parse().ok()
}

fn base64(text: &[u8]) -> Result<Vec<u8>, Trouble> {
    STANDARD.decode(text).map_err(|_| Trouble::Refused("its security or an extended attribute is not in base64"))
}

fn file_time(value: &[u8]) -> Result<FileTime, Trouble> {
    time(value).map(FileTime::of).ok_or(Trouble::Tar(TarError::Number("time")))
}
