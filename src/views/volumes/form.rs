//! The form for a new volume. Knows no engine.

use crate::{
    app::{cmd::Cmd, desk::Desk, view::Outcome},
    model::VolumeSpec,
    views::overlay::{Field, Form, Values, checks},
};

/// Opens the form, unless nothing may be changed.
pub(super) fn open(desk: &Desk) -> Outcome {
    if let Err(refusal) = desk.may_change() {
        return refusal.into();
    }
    let fields = vec![
        Field::line("name", "Name", "letters, digits, _ . -; empty: the engine makes one up").checked(checks::name),
        Field::line("driver", "Driver", "the volume driver").with("local"),
        Field::line("options", "Options", "of the driver, as key=value, blanks between").checked(checks::pairs),
        Field::line("labels", "Labels", "as key=value, blanks between").checked(checks::pairs),
    ];
    Outcome::Open(Box::new(Form::new("New volume", "Create", fields, create)))
}

fn create(values: &Values, desk: &Desk) -> Result<Outcome, (&'static str, String)> {
    let name = values.some("name");
    if let Some(name) = &name
        && desk.store.volumes.iter().any(|volume| volume.name.as_str() == name)
    {
        return Err(("name", format!("there is a volume `{name}` already")));
    }
    let map = |field| checks::map(values.get(field)).map_err(|why| (field, why));
    let spec = VolumeSpec { name, driver: values.some("driver"), options: map("options")?, labels: map("labels")? };
    Ok(Outcome::Do(vec![Cmd::CreateVolume(spec)]))
}
