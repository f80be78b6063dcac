//! The pages of a container's mounts and networks. Knows no engine.

use ratatui::text::{Line, Span};

use super::ports;
use crate::{
    app::{desk::Desk, theme::Role},
    model::{Attachment, Container, Isolation, Mount, Part, Subject, VolumeKind},
    views::{
        board::{LinesPage, Page},
        kit::text,
    },
};

/// What is mounted where.
pub(super) fn mounts() -> Box<dyn Page> {
    Box::new(LinesPage::new("Mounts", mount_lines).wanting(|_, _, wants| wants.part(Part::Volumes)))
}

/// Its networks, addresses and ports.
pub(super) fn network() -> Box<dyn Page> {
    Box::new(LinesPage::new("Network", network_lines))
}

fn say(desk: &Desk, role: Role, words: impl Into<String>) -> Line<'static> {
    Line::styled(words.into(), desk.theme.style(role))
}

fn of<'a>(subject: &Subject, desk: &'a Desk) -> Result<&'a Container, Vec<Line<'static>>> {
    desk.container(&subject.id).ok_or_else(|| vec![say(desk, Role::Muted, format!("`{}` is gone", subject.name))])
}

/// What is different for a container in a virtual machine; nothing for others.
fn in_machine(row: &Container, desk: &Desk, what: &str) -> impl Iterator<Item = Line<'static>> + use<> {
    let line = || say(desk, Role::Warn, format!("it runs in a virtual machine: {what}"));
    (row.isolation == Isolation::HyperV).then(line).into_iter()
}

fn mount_lines(subject: &Subject, desk: &Desk) -> Vec<Line<'static>> {
    let row = match of(subject, desk) {
        Ok(row) => row,
        Err(said) => return said,
    };
    let in_machine = in_machine(row, desk, "its disk is not mounted on the host");
    if row.mounts.is_empty() {
        let nothing = say(desk, Role::Muted, format!("nothing is mounted into `{}`", row.name));
        return in_machine.chain([nothing]).collect();
    }
    let target = row.mounts.iter().map(|m| text::width(&m.target)).max().unwrap_or(0).clamp(6, 40);
    let mut all = vec![say(desk, Role::ColumnTitle, format!("TYPE    RW  {:<target$}  SOURCE", "TARGET"))];
    all.extend(row.mounts.iter().map(|mount| mount_line(mount, target, desk)));
    in_machine.chain(all).collect()
}

fn mount_line(mount: &Mount, columns: usize, desk: &Desk) -> Line<'static> {
    let theme = &desk.theme;
    let glyphs = theme.glyphs();
    let (rw, role) = if mount.read_only { ("ro", Role::Warn) } else { ("rw", Role::Good) };
    let volume = desk.store.volumes.iter().find(|v| v.name.as_str() == mount.source);
    let mut remark = Vec::new();
    if let Some(volume) = volume {
        if volume.kind != VolumeKind::Bind {
            remark.push(format!("{} of {}", volume.kind.word(), volume.driver));
        }
        remark.extend(volume.size.map(|size| size.to_string()));
    }
    let source = crate::model::VolumeName::new(&mount.source);
    Line::from(vec![
        Span::styled(format!("{:<8}", mount.kind.word()), theme.style(Role::Text)),
        Span::styled(format!("{rw}  "), theme.style(role)),
        Span::styled(text::pad(&mount.target, columns, false, glyphs) + "  ", theme.style(Role::Text)),
        Span::styled(source.short().to_owned(), theme.style(Role::Accent)),
        Span::styled(format!("  {}", remark.join(", ")), theme.style(Role::Muted)),
    ])
}

fn network_lines(subject: &Subject, desk: &Desk) -> Vec<Line<'static>> {
    let row = match of(subject, desk) {
        Ok(row) => row,
        Err(said) => return said,
    };
    let rules = "Windows makes no firewall rules for it";
    let mut all: Vec<_> = in_machine(row, desk, rules).collect();
    all.push(fact(desk, "mode", &row.network_mode));
    let published = ports::full(&row.ports);
    all.push(fact(desk, "ports", if published.is_empty() { "none" } else { &published }));
    if row.networks.is_empty() {
        all.push(say(desk, Role::Muted, format!("`{}` is in no network", row.name)));
    }
    for attached in &row.networks {
        all.push(Line::default());
        all.extend(attachment_lines(attached, desk));
    }
    all
}

fn attachment_lines(attached: &Attachment, desk: &Desk) -> Vec<Line<'static>> {
    let mut all = vec![say(desk, Role::Title, attached.network.clone())];
    let known = [
        ("address", attached.address.clone()),
        ("IPv6", attached.address6.clone()),
        ("MAC", attached.mac.clone()),
        ("aliases", Some(attached.aliases.join(", "))),
    ];
    for (name, value) in known {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            all.push(fact(desk, name, &value));
        }
    }
    all
}

fn fact(desk: &Desk, name: &str, value: &str) -> Line<'static> {
    let value = desk.theme.glyphs().plain(value).into_owned();
    Line::from(vec![
        Span::styled(format!("{name:<9}"), desk.theme.style(Role::Muted)),
        Span::styled(value, desk.theme.style(Role::Text)),
    ])
}
