//! Who may do what with a folder of Windows, as its security descriptor says in the Security Descriptor Definition
//! Language. Pure.
//!
//! Source of the letters: Microsoft's reference of SDDL, "ACE Strings" and "SID Strings".

/// Owners, and those that rights may be given to, by whom nothing is done that an administrator could not do: the
/// administrators, Windows itself, the one who has made a file, the local administrator.
const TRUSTED: [&str; 7] = ["BA", "SY", "CO", "OW", "LA", "S-1-5-32-544", "S-1-5-18"];
/// Windows' own installer (`NT SERVICE\TrustedInstaller`).
const INSTALLER: &str = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
/// Rights by which something comes into a folder, goes or gets other rights: to add a file or a folder, to delete a
/// child or itself, to write its access list or its owner, and the generic ones that imply them.
const WRITES: u32 = 0x2 | 0x4 | 0x40 | 0x0001_0000 | 0x0004_0000 | 0x0008_0000 | 0x1000_0000 | 0x4000_0000;

/// The owner, if it is neither trusted nor the user of this id.
pub fn distrusted_owner<'t>(told: &'t str, user: &str) -> Option<&'t str> {
    let rest = told.strip_prefix("O:")?;
    let end = ["G:", "D:", "S:"].iter().filter_map(|part| rest.find(part)).min().unwrap_or(rest.len());
    Some(&rest[..end]).filter(|owner| !is_trusted(owner, user))
}

/// Those that may write in it, if they are neither trusted nor the user of this id. Without an access list everybody
/// may.
pub fn writers(told: &str, user: &str) -> Vec<String> {
    // Behind the owner, whose own letters have no colon.
    let Some((_, list)) = told.split_once("D:").filter(|(_, list)| !list.starts_with("NO_ACCESS_CONTROL")) else {
        return vec!["everybody".to_owned()];
    };
    let entries = list.split('(').skip(1).filter_map(|entry| entry.split(')').next());
    entries.filter_map(|entry| writer(entry, user)).map(named).collect()
}

/// Whom an entry lets write.
fn writer<'e>(entry: &'e str, user: &str) -> Option<&'e str> {
    let fields: Vec<&str> = entry.split(';').collect();
    let [kind, _flags, rights, _, _, who, ..] = fields[..] else { return None };
    // Also of rights under a condition, and of those for what is made in it only.
    let allows = matches!(kind, "A" | "XA" | "OA" | "ZA");
    (allows && mask(rights) & WRITES != 0 && !is_trusted(who, user)).then_some(who)
}

fn is_trusted(who: &str, user: &str) -> bool {
    TRUSTED.contains(&who) || who == INSTALLER || who == user
}

/// Rights as bits: a number, or pairs of letters. What nobody knows counts as all of them.
fn mask(rights: &str) -> u32 {
    if let Some(number) = rights.strip_prefix("0x") {
        return u32::from_str_radix(number, 16).unwrap_or(u32::MAX);
    }
    let pairs = rights.as_bytes().chunks(2).map(|pair| match pair {
        b"GA" => 0x1000_0000,
        b"GR" => 0x8000_0000,
        b"GW" => 0x4000_0000,
        b"GX" => 0x2000_0000,
        b"RC" => 0x0002_0000,
        b"SD" => 0x0001_0000,
        b"WD" => 0x0004_0000,
        b"WO" => 0x0008_0000,
        b"CC" => 0x1,
        b"DC" => 0x2,
        b"LC" => 0x4,
        b"SW" => 0x8,
        b"RP" => 0x10,
        b"WP" => 0x20,
        b"DT" => 0x40,
        b"LO" => 0x80,
        b"CR" => 0x100,
        b"FA" => 0x001F_01FF,
        b"FR" => 0x0012_0089,
        b"FW" => 0x0012_0116,
        b"FX" => 0x0012_00A0,
        _ => u32::MAX,
    });
    pairs.fold(0, |all, one| all | one)
}

/// Whom people know by a name.
fn named(who: &str) -> String {
    match who {
        "WD" | "S-1-1-0" => "everybody",
        "AU" | "S-1-5-11" => "every user who has logged on",
        "BU" | "S-1-5-32-545" => "every user of this host",
        "AN" | "S-1-5-7" => "who has not logged on",
        "BG" | "S-1-5-32-546" => "every guest",
        who => who,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "S-1-5-21-1-2-3-1001";

    fn judged(told: &str) -> (Option<&str>, Vec<String>) {
        (distrusted_owner(told, USER), writers(told, USER))
    }

    #[test]
    fn a_folder_of_administrators_is_theirs() {
        let own = "O:BAG:DUD:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)";
        assert_eq!(judged(own), (None, vec![]));
        // Users may read it.
        let read = "O:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;BU)(A;OICIIO;GA;;;CO)";
        assert_eq!(judged(read), (None, vec![]));
        let of_the_user = format!("O:{USER}D:(A;OICI;FA;;;{USER})");
        assert_eq!(judged(&of_the_user), (None, vec![]));
    }

    #[test]
    fn who_else_may_write_is_named() {
        // As `mkdir C:\data` makes it.
        let made =
            "O:BAG:DUD:AI(A;OICIID;FA;;;BA)(A;OICIID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)(A;OICIIOID;SDGXGWGR;;;AU)";
        assert_eq!(writers(made, USER), ["every user who has logged on"; 2]);
        assert_eq!(writers("O:BAD:(A;;LC;;;BU)", USER), ["every user of this host"], "folders may be made in it");
        assert_eq!(writers("O:BAD:(D;;FA;;;WD)", USER), [""; 0], "that refuses");
        assert_eq!(writers("O:BAD:(A;;QQ;;;WD)", USER), ["everybody"], "unknown letters");
    }

    #[test]
    fn without_a_list_everybody_may_write() {
        for told in ["O:BA", "O:BAD:NO_ACCESS_CONTROL"] {
            assert_eq!(judged(told), (None, vec!["everybody".to_owned()]), "{told}");
        }
    }

    #[test]
    fn another_owner_is_not_trusted_whatever_the_list_says() {
        assert_eq!(judged("O:S-1-5-21-1-2-3-1002D:P(A;;FA;;;BA)").0, Some("S-1-5-21-1-2-3-1002"));
        assert_eq!(judged("O:BUG:BAS:").0, Some("BU"));
    }
}
