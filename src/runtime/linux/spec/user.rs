//! Whom `user[:group]` means, by the texts of a container's `/etc/passwd` and `/etc/group`. Pure.

/// Who a process is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Its user.
    pub(crate) uid: u32,
    /// Its group.
    pub(crate) gid: u32,
    /// Its groups, sorted.
    pub(crate) groups: Vec<u32>,
    /// Its home.
    pub(crate) home: String,
}

struct User<'a> {
    name: &'a str,
    uid: u32,
    gid: u32,
    home: &'a str,
}

struct Group<'a> {
    name: &'a str,
    gid: u32,
    members: &'a str,
}

/// Looks up `user[:group]`, names or numbers, and more groups, as Docker does: a name must be known, a number need
/// not; a user's other groups count only when no group is named.
///
/// # Errors
/// The name that nobody knows, in a sentence.
pub(crate) fn look_up(asked: &str, more: &[String], passwd: &str, group: &str) -> Result<Identity, String> {
    let (user, its_group) = asked.split_once(':').map_or((asked, None), |(user, group)| (user, Some(group)));
    let user = if user.is_empty() { "0" } else { user };
    let known = users(passwd).find(|known| known.name == user || user.parse() == Ok(known.uid));
    let uid = match (&known, user.parse()) {
        (Some(known), _) => known.uid,
        (None, Ok(number)) => number,
        (None, Err(_)) => return Err(format!("there is no user `{user}` in its /etc/passwd")),
    };
    let gid = match its_group.filter(|group| !group.is_empty()) {
        Some(named) => number_of_group(named, group)?,
        None => known.as_ref().map_or(0, |known| known.gid),
    };
    let mut groups = more.iter().map(|named| number_of_group(named, group)).collect::<Result<Vec<_>, _>>()?;
    if let (Some(known), None) = (&known, its_group) {
        let has = |group: &Group<'_>| group.members.split(',').any(|member| member == known.name);
        groups.extend(self::groups(group).filter(has).map(|group| group.gid));
    }
    // Its own group too: where a file refuses that group what it lets others do, giving it up must not help
    // (CVE-2022-36109).
    groups.push(gid);
    groups.sort_unstable();
    groups.dedup();
    let home = known.map(|known| known.home).filter(|home| !home.is_empty()).unwrap_or("/");
    Ok(Identity { uid, gid, groups, home: home.to_owned() })
}

fn number_of_group(named: &str, text: &str) -> Result<u32, String> {
    let known = groups(text).find(|group| group.name == named).map(|group| group.gid);
    known.or_else(|| named.parse().ok()).ok_or_else(|| format!("there is no group `{named}` in its /etc/group"))
}

/// The lines of a passwd(5) that are whole.
fn users(text: &str) -> impl Iterator<Item = User<'_>> {
    text.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let (name, _, uid, gid, _, home) = (
            fields.next()?,
            fields.next()?,
            fields.next()?.parse().ok()?,
            fields.next()?.parse().ok()?,
            fields.next(),
            fields.next().unwrap_or_default(),
        );
        Some(User { name, uid, gid, home })
    })
}

/// The lines of a group(5) that are whole.
fn groups(text: &str) -> impl Iterator<Item = Group<'_>> {
    text.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let (name, _, gid) = (fields.next()?, fields.next()?, fields.next()?.parse().ok()?);
        Some(Group { name, gid, members: fields.next().unwrap_or_default() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nbroken\nweb:x:33:34:w:/var/www:/bin/false\n";
    const GROUP: &str = "root:x:0:\nweb:x:34:\nlogs:x:4:syslog,web\ndisk:x:6:root\n";

    fn found(asked: &str, more: &[&str]) -> (u32, u32, Vec<u32>, String) {
        let more: Vec<String> = more.iter().map(|group| (*group).to_owned()).collect();
        let found = look_up(asked, &more, PASSWD, GROUP).unwrap();
        (found.uid, found.gid, found.groups, found.home)
    }

    #[test]
    fn names_are_looked_up_and_numbers_need_not_be_known() {
        assert_eq!(found("", &[]), (0, 0, vec![0, 6], "/root".into()));
        assert_eq!(found("web", &[]), (33, 34, vec![4, 34], "/var/www".into()));
        assert_eq!(found("33", &[]), (33, 34, vec![4, 34], "/var/www".into()));
        assert_eq!(found("1000", &[]), (1000, 0, vec![0], "/".into()));
        assert_eq!(found("1000:1001", &["disk", "77"]), (1000, 1001, vec![6, 77, 1001], "/".into()));
        assert_eq!(found("web:disk", &[]), (33, 6, vec![6], "/var/www".into()));
    }

    #[test]
    fn unknown_names_are_named() {
        assert_eq!(look_up("me", &[], PASSWD, GROUP).unwrap_err(), "there is no user `me` in its /etc/passwd");
        assert_eq!(look_up("0:us", &[], PASSWD, GROUP).unwrap_err(), "there is no group `us` in its /etc/group");
    }
}
