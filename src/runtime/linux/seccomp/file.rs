//! Docker's file format for seccomp profiles (the one of `--security-opt seccomp=FILE`). Knows no kernel.

use serde::Deserialize;

use super::{Action, Condition, Operator, Profile, REFUSED, RUNS_X86, Rule, table};
use crate::runtime::linux::spec::bit;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    default_action: String,
    default_errno_ret: Option<u16>,
    #[serde(default)]
    architectures: Vec<String>,
    #[serde(default)]
    arch_map: Vec<Architecture>,
    #[serde(default)]
    syscalls: Vec<Entry>,
}

/// An architecture, and those whose programs its kernels run, too.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Architecture {
    architecture: String,
    #[serde(default)]
    sub_architectures: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default)]
    names: Vec<String>,
    name: Option<String>,
    action: String,
    errno_ret: Option<u16>,
    #[serde(default)]
    args: Option<Vec<Argument>>,
    #[serde(default)]
    includes: Filter,
    #[serde(default)]
    excludes: Filter,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Argument {
    index: u8,
    value: u64,
    #[serde(default)]
    value_two: u64,
    op: String,
}

/// What a container must have, or must not have, for an entry to count.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Filter {
    caps: Vec<String>,
    arches: Vec<String>,
}

/// Reads a profile for a container with these capabilities.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub(super) fn read(text: &str, capabilities: u64) -> Result<Profile, String> {
    let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut rules = Vec::new();
    for entry in &file.syscalls {
        if !entry.includes.holds(capabilities) || entry.excludes.hits(capabilities) {
            continue;
        }
        let action = action(&entry.action, entry.errno_ret)?;
        let conditions = entry.args.iter().flatten().map(condition).collect::<Result<Vec<_>, _>>()?;
        for name in entry.names.iter().chain(&entry.name) {
            // Profiles name calls of all architectures and of newer kernels; those we do not know are treated as calls
            // that the profile does not name.
            if let Some((name, number)) = table::find(name) {
                rules.push(Rule { name, number, conditions: conditions.clone(), action });
            }
        }
    }
    let default = action(&file.default_action, file.default_errno_ret)?;
    Ok(Profile { default, rules, x86: file.is_for("SCMP_ARCH_X86"), x32: file.is_for("SCMP_ARCH_X32") })
}

impl File {
    /// Whether it holds for programs of this architecture beside those of the machine's own kind.
    fn is_for(&self, other: &str) -> bool {
        let own = self.arch_map.iter().filter(|known| known.architecture == "SCMP_ARCH_X86_64");
        let mut named = self.architectures.iter().chain(own.flat_map(|own| own.sub_architectures.iter().flatten()));
        RUNS_X86 && named.any(|named| named == other)
    }
}

impl Filter {
    fn holds(&self, capabilities: u64) -> bool {
        self.caps.iter().all(|name| capabilities & bit(name) != 0)
            && (self.arches.is_empty() || self.arches.iter().any(|arch| is_ours(arch)))
    }

    fn hits(&self, capabilities: u64) -> bool {
        self.caps.iter().any(|name| capabilities & bit(name) != 0) || self.arches.iter().any(|arch| is_ours(arch))
    }
}

/// Go's names, as the format has them, for those of Rust.
fn is_ours(arch: &str) -> bool {
    match std::env::consts::ARCH {
        "x86_64" => arch == "amd64",
        "aarch64" => arch == "arm64",
        own => arch == own,
    }
}

fn action(word: &str, errno: Option<u16>) -> Result<Action, String> {
    Ok(match word {
        "SCMP_ACT_ALLOW" => Action::Allow,
        "SCMP_ACT_ERRNO" => Action::Errno(errno.unwrap_or(REFUSED)),
        "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" => Action::KillThread,
        "SCMP_ACT_KILL_PROCESS" => Action::KillProcess,
        "SCMP_ACT_TRAP" => Action::Trap,
        "SCMP_ACT_TRACE" => Action::Trace(errno.unwrap_or(REFUSED)),
        "SCMP_ACT_LOG" => Action::Log,
        other => return Err(format!("there is no action `{other}`")),
    })
}

fn condition(argument: &Argument) -> Result<Condition, String> {
    let (operator, value) = match argument.op.as_str() {
        "SCMP_CMP_NE" => (Operator::Unequal, argument.value),
        "SCMP_CMP_LT" => (Operator::Less, argument.value),
        "SCMP_CMP_LE" => (Operator::AtMost, argument.value),
        "SCMP_CMP_EQ" => (Operator::Equal, argument.value),
        "SCMP_CMP_GE" => (Operator::AtLeast, argument.value),
        "SCMP_CMP_GT" => (Operator::Greater, argument.value),
        "SCMP_CMP_MASKED_EQ" => (Operator::Masked(argument.value), argument.value_two),
        other => return Err(format!("there is no comparison `{other}`")),
    };
    if argument.index > 5 {
        return Err(format!("no call has an argument of the index {}", argument.index));
    }
    Ok(Condition { argument: argument.index, operator, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{
        "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
        "syscalls": [
            {"names": ["read", "a_call_of_next_year"], "action": "SCMP_ACT_ALLOW"},
            {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
            {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN"]},
             "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
            {"name": "reboot", "action": "SCMP_ACT_KILL_PROCESS", "args": null}
        ]}"#;

    #[test]
    fn entries_count_by_capabilities() {
        let calls = |capabilities| {
            let profile = read(FILE, capabilities).unwrap();
            assert_eq!(profile.default, Action::Errno(38));
            profile.rules.iter().map(|rule| rule.name).collect::<Vec<_>>()
        };
        assert_eq!(calls(0), ["read", "clone", "reboot"]);
        assert_eq!(calls(1 << 21), ["read", "mount", "reboot"]);
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let error = read(r#"{"defaultAction": "SCMP_ACT_SHRUG"}"#, 0).unwrap_err();
        assert_eq!(error, "there is no action `SCMP_ACT_SHRUG`");
        assert!(read("[]", 0).is_err());
    }
}
