//! What `iptables-save -c` prints, read into chains. Knows no container and starts no program.

use std::collections::HashMap;

use super::{
    filter::{Chain, Conditions, Family, Hook, Line, Place, Test, Verdict},
    net::{Net, Span},
};
use crate::model::{Action, text::cleaned};

/// Reads all tables; lines that make no sense are skipped, as is what the tool says of tables it cannot read.
pub(crate) fn parse(text: &str, family: Family, legacy: bool) -> Vec<Chain> {
    let mut chains: Vec<Chain> = Vec::new();
    // By table and name, for a cluster's node can have thousands of chains.
    let mut index: HashMap<(String, String), usize> = HashMap::new();
    let mut table = String::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('*') {
            name.trim().clone_into(&mut table);
        } else if let Some(declared) = line.strip_prefix(':') {
            let place = |chain: &str| Place { family, table: table.clone(), chain: chain.to_owned(), legacy };
            let Some(chain) = declaration(declared, place) else { continue };
            index.insert((table.clone(), chain.place.chain.clone()), chains.len());
            chains.push(chain);
        } else if let Some((chain, rule)) = rule(line)
            && let Some(found) = index.get(&(table.clone(), chain)).and_then(|i| chains.get_mut(*i))
        {
            // The policy was declared first and is looked at last.
            let before_policy = found.lines.len() - usize::from(found.base.is_some());
            found.lines.insert(before_policy, Line { number: before_policy + 1, ..rule });
        }
    }
    chains
}

/// `FORWARD DROP [0:0]`: a chain, its policy if packets come into it by themselves, and the policy's counters.
fn declaration(text: &str, place: impl Fn(&str) -> Place) -> Option<Chain> {
    let mut words = text.split_whitespace();
    let place = place(words.next()?);
    let policy = match words.next()? {
        "ACCEPT" => Action::Accept,
        "DROP" => Action::Drop,
        _ => return Some(Chain { place, base: None, lines: Vec::new() }),
    };
    let hook = Hook::of(&place.chain)?;
    let counter = words.next().and_then(counter);
    let text = format!("-P {} {}", place.chain, if policy == Action::Drop { "DROP" } else { "ACCEPT" });
    let last = Line { policy: true, then: Verdict(policy), counter, text, ..Line::default() };
    Some(Chain { base: Some((hook, priority(&place.table, hook))), place, lines: vec![last] })
}

/// Priorities of the built-in chains (linux/netfilter_ipv4.h, `enum nf_ip_hook_priorities`).
fn priority(table: &str, hook: Hook) -> i32 {
    match (table, hook) {
        ("raw", _) => -300,
        ("mangle", _) => -150,
        ("nat", Hook::Prerouting | Hook::Output) => -100,
        ("security", _) => 50,
        ("nat", _) => 100,
        _ => 0,
    }
}

/// `[packets:bytes]`
fn counter(text: &str) -> Option<(u64, u64)> {
    let (packets, bytes) = text.strip_prefix('[')?.strip_suffix(']')?.split_once(':')?;
    Some((packets.parse().ok()?, bytes.parse().ok()?))
}

/// `[1:60] -A DOCKER …`: the chain and the rule.
fn rule(line: &str) -> Option<(String, Line)> {
    let (counted, text) = match line.split_once(' ') {
        Some((head, tail)) if head.starts_with('[') => (counter(head), tail),
        _ => (None, line),
    };
    let mut words = words(text).into_iter();
    if words.next()? != "-A" {
        return None;
    }
    let chain = words.next()?;
    let mut reader = Reader { words: words.collect(), at: 0, not: false };
    let mut line = Line { counter: counted, text: cleaned(text), ..Line::default() };
    reader.read(&mut line);
    Some((chain, line))
}

/// Splits as `iptables-save` quotes: words with blanks in `"…"`, where `\` keeps the next character.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut any) = (Vec::new(), String::new(), false, false);
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        match c {
            '"' => (quoted, any) = (!quoted, true),
            '\\' if quoted => word.extend(letters.next()),
            c if c.is_whitespace() && !quoted => {
                if any {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            c => {
                word.push(c);
                any = true;
            }
        }
    }
    if any {
        words.push(word);
    }
    words
}

/// Walks over the options of one rule.
struct Reader {
    words: Vec<String>,
    at: usize,
    not: bool,
}

impl Reader {
    fn next(&mut self) -> Option<String> {
        let word = self.words.get(self.at).cloned();
        self.at += 1;
        word
    }

    /// The option's argument as a condition, one value for each part between commas.
    fn test<T>(&mut self, value: impl Fn(&str) -> Option<T>) -> Option<Test<T>> {
        let not = std::mem::take(&mut self.not);
        let argument = self.next()?;
        let any = argument.split(',').map(value).collect::<Option<Vec<T>>>()?;
        Some(Test { not, any })
    }

    fn read(&mut self, line: &mut Line) {
        while let Some(option) = self.next() {
            match option.as_str() {
                "!" => self.not = true,
                "-m" => drop(self.next()),
                "--comment" => line.comment = self.next().map(cleaned),
                "-j" | "-g" => {
                    line.then = self.target();
                    return;
                }
                _ => self.condition(&option, &mut line.when),
            }
        }
    }

    fn condition(&mut self, option: &str, when: &mut Conditions) {
        let understood = match option {
            "-p" => set(&mut when.protocol, self.test(|word| Some(cleaned(word)))),
            "-s" => set(&mut when.source, self.test(Net::parse)),
            "-d" => set(&mut when.destination, self.test(Net::parse)),
            "-i" => set(&mut when.comes_by, self.test(interface)),
            "-o" => set(&mut when.goes_by, self.test(interface)),
            "--dport" | "--dports" => set(&mut when.ports, self.test(Span::parse)),
            "--ctstate" | "--state" => {
                set(&mut when.states, self.test(|word| Some(cleaned(word.to_ascii_lowercase()))))
            }
            "--dst-type" => {
                when.to_host = self.test(|word| Some(word == "LOCAL")).is_some_and(|test| test.holds(|&local| local));
                when.to_host
            }
            // The argument of an unknown option is a word without a dash, and tells as little.
            _ => false,
        };
        self.not = false;
        when.more |= !understood;
    }

    /// What follows `-j`, with the options of the target.
    fn target(&mut self) -> Verdict {
        let name = self.next().unwrap_or_default();
        let rest = self.words.get(self.at..).unwrap_or_default();
        let option = |wanted: &str| {
            rest.iter().position(|w| w == wanted).and_then(|i| rest.get(i + 1)).map(|w| cleaned(w.as_str()))
        };
        Verdict(match name.as_str() {
            "ACCEPT" => Action::Accept,
            "DROP" => Action::Drop,
            "REJECT" => Action::Reject,
            "RETURN" => Action::Return,
            "DNAT" => Action::Dnat(option("--to-destination").unwrap_or_default()),
            "REDIRECT" => Action::Dnat(option("--to-ports").map(|port| format!(":{port}")).unwrap_or_default()),
            "MASQUERADE" | "SNAT" => Action::Masquerade,
            // Targets of extensions are written in capitals like chains; these do not end the walk.
            "" | "LOG" | "NFLOG" | "MARK" | "CONNMARK" | "TRACE" | "CT" | "NOTRACK" | "TCPMSS" | "CHECKSUM" | "SET"
            | "TOS" | "DSCP" | "AUDIT" | "CLASSIFY" | "SECMARK" | "CONNSECMARK" => Action::Continue,
            chain => Action::Jump(cleaned(chain)),
        })
    }
}

/// A name of iptables(8) in the spelling of nft(8): `+` at the end stands for anything.
fn interface(name: &str) -> Option<String> {
    Some(match name.strip_suffix('+') {
        Some(head) => cleaned(format!("{head}*")),
        None => cleaned(name),
    })
}

/// Keeps a condition; whether there was one that could be read, and none of its kind before.
fn set<T>(place: &mut Option<Test<T>>, test: Option<Test<T>>) -> bool {
    let fresh = place.is_none() && test.is_some();
    if fresh {
        *place = test;
    }
    fresh
}

#[cfg(test)]
mod tests;
