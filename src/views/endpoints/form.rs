//! The form for one more endpoint. Reads no file and opens no connection.

use std::path::PathBuf;

use crate::{
    app::{
        desk::Desk,
        view::{Outcome, Wish},
    },
    model::endpoint::{Address, AddressError, Endpoint, Source, TlsFiles},
    views::overlay::{Field, Form, Values},
};

/// What is wrong with a form: the field's name and a sentence.
type Wrong = (&'static str, String);

/// An empty form.
pub(super) fn new() -> Form {
    let fields = vec![
        Field::line("name", "Name", "a short name that no other endpoint has"),
        Field::line(
            "address",
            "Address",
            "unix:///…, npipe:////./pipe/…, tcp://host:2376, https://… or ssh://user@host",
        )
        .checked(|typed| parse(typed).map(drop)),
        Field::line("ca", "CA file", "PEM file of who vouches for the engine; empty: the system's own"),
        Field::line("cert", "Certificate", "PEM file by which we prove who we are; goes with a key"),
        Field::line("key", "Key file", "PEM file of the certificate's private key"),
        Field::tick("read-only", "Read-only", "nothing can be changed there while it is ticked", false),
    ];
    Form::new("New endpoint", "Add", fields, |values, desk| {
        let endpoint = endpoint(values, desk)?;
        Ok(Outcome::Wish(Wish::AddEndpoint(Box::new(endpoint))))
    })
}

fn parse(typed: &str) -> Result<Address, String> {
    let told = |error: AddressError| match error.hint() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    };
    typed.parse().map_err(told)
}

fn endpoint(values: &Values, desk: &Desk) -> Result<Endpoint, Wrong> {
    let name = values.get("name");
    if name.is_empty() {
        return Err(("name", "give it a name".into()));
    }
    if desk.endpoints.iter().any(|known| known.endpoint.name == name) {
        return Err(("name", format!("there is an endpoint `{name}` already")));
    }
    if values.get("address").is_empty() {
        return Err(("address", "say where it is".into()));
    }
    let address = parse(values.get("address")).map_err(|why| ("address", why))?;
    let tls = tls(values, &address)?;
    Ok(Endpoint { tls, read_only: values.is_on("read-only"), ..Endpoint::new(name, address, Source::Config) })
}

fn tls(values: &Values, address: &Address) -> Result<Option<TlsFiles>, Wrong> {
    let path = |name| values.some(name).map(PathBuf::from);
    let files = TlsFiles { ca: path("ca"), cert: path("cert"), key: path("key"), ..TlsFiles::default() };
    if files == TlsFiles::default() {
        return Ok(None);
    }
    if !matches!(address, Address::Tcp { .. } | Address::Https { .. }) {
        return Err(("ca", "TLS files go with tcp:// and https:// alone".into()));
    }
    match (&files.cert, &files.key) {
        (Some(_), None) => Err(("key", "a certificate needs its key".into())),
        (None, Some(_)) => Err(("cert", "a key needs its certificate".into())),
        _ => Ok(Some(files)),
    }
}
