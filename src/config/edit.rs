//! Changes the endpoints in the user's settings, and leaves every other character as it is.
//! Must not know what is shown while that happens.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TomlError, value};

use crate::model::endpoint::Endpoint;
use crate::paths;

/// Why the settings were not changed. The file is then as it was.
#[derive(Debug, Error)]
pub enum EditError {
    /// The file cannot be read.
    #[error("cannot read `{file}`: {source}", file = .file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not TOML, so nobody can tell where to write.
    #[error("cannot change `{file}`: it is not TOML: {source}", file = .file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// Where and why.
        source: Box<TomlError>,
    },
    /// `endpoint` is there, and is not an array of tables.
    #[error("cannot change `{file}`: `endpoint` is not written as [[endpoint]]", file = .file.display())]
    Shape {
        /// The file.
        file: PathBuf,
    },
    /// There is an endpoint of that name.
    #[error("there is an endpoint `{name}` already")]
    Taken {
        /// The name.
        name: String,
    },
    /// There is no endpoint of that name in the file.
    #[error("there is no endpoint `{name}` in `{file}`", file = .file.display())]
    Missing {
        /// The file.
        file: PathBuf,
        /// The name.
        name: String,
    },
    /// The file cannot be written.
    #[error("cannot write `{file}`: {source}", file = .file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Adds an endpoint at the end of the file, which is made if it is missing.
///
/// # Errors
/// When the name is taken, or the file cannot be understood, read or written.
pub fn add_endpoint(file: &Path, endpoint: &Endpoint) -> Result<(), EditError> {
    let mut document = read(file)?;
    let endpoints = endpoints(&mut document, file)?;
    if endpoints.iter().any(|table| is_named(table, &endpoint.name)) {
        return Err(EditError::Taken { name: endpoint.name.clone() });
    }
    endpoints.push(table(endpoint));
    write(file, &document)
}

/// Removes an endpoint, with the comments that stand directly above it.
///
/// # Errors
/// When there is none of that name, or the file cannot be understood, read or written.
pub fn remove_endpoint(file: &Path, name: &str) -> Result<(), EditError> {
    let mut document = read(file)?;
    let endpoints = endpoints(&mut document, file)?;
    let before = endpoints.len();
    endpoints.retain(|table| !is_named(table, name));
    if endpoints.len() == before {
        return Err(EditError::Missing { file: file.into(), name: name.into() });
    }
    write(file, &document)
}

fn is_named(table: &Table, name: &str) -> bool {
    table.get("name").and_then(Item::as_str) == Some(name)
}

fn endpoints<'d>(document: &'d mut DocumentMut, file: &Path) -> Result<&'d mut ArrayOfTables, EditError> {
    let item = document.entry("endpoint").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    item.as_array_of_tables_mut().ok_or_else(|| EditError::Shape { file: file.into() })
}

fn table(endpoint: &Endpoint) -> Table {
    let mut table = Table::new();
    table["name"] = value(&endpoint.name);
    table["address"] = value(endpoint.address.to_string());
    if let Some(tls) = &endpoint.tls {
        for (key, path) in [("tls_ca", &tls.ca), ("tls_cert", &tls.cert), ("tls_key", &tls.key)] {
            if let Some(path) = path {
                table[key] = value(path.to_string_lossy().as_ref());
            }
        }
        table["tls_verify"] = value(tls.verify);
    }
    if endpoint.read_only {
        table["read_only"] = value(true);
    }
    table
}

fn read(file: &Path) -> Result<DocumentMut, EditError> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(EditError::Read { file: file.into(), source }),
    };
    text.parse().map_err(|source| EditError::Syntax { file: file.into(), source: Box::new(source) })
}

fn write(file: &Path, document: &DocumentMut) -> Result<(), EditError> {
    replace(file, &document.to_string()).map_err(|source| EditError::Write { file: file.into(), source })
}

/// Writes beside the file and renames over it, so that a crash or a full disk leaves the old one.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    // Settings are often a link into a repository of dotfiles, which must stay a link.
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.into());
    if let Some(dir) = file.parent() {
        paths::make_private_dir(dir).map_err(io::Error::other)?;
    }
    let mut beside = file.clone().into_os_string();
    beside.push(format!(".{}.new", std::process::id()));
    let written = write_new(Path::new(&beside), text)
        .and_then(|()| match fs::metadata(&file) {
            Ok(old) => fs::set_permissions(&beside, old.permissions()),
            Err(_) => Ok(()),
        })
        .and_then(|()| fs::rename(&beside, &file));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_new(file: &Path, text: &str) -> io::Result<()> {
    let mut new = fs::File::create(file)?;
    new.write_all(text.as_bytes())?;
    new.sync_all()
}
