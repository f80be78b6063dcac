//! Profiles as a program of the kernel's (BPF), for this machine's own calls and for those of 32-bit programs. Knows no
//! profile's sense.
//!
//! The program finds a call's number by halving, among stretches of numbers that are treated alike.

use std::collections::BTreeMap;

use super::{Action, Profile, RUNS_X86, Rule, bpf, bpf::Instruction, x86};

/// As the kernel names what a call is made for (linux/audit.h).
#[cfg(target_arch = "x86_64")]
const OWN: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const OWN: u32 = 0xc000_00b7;
#[cfg(target_arch = "riscv64")]
const OWN: u32 = 0xc000_00f3;
/// The same of i386.
const I386: u32 = 0x4000_0003;

/// A program to load.
pub(crate) type Program = Vec<Instruction>;

/// What the kernel is to do with calls. Of several rules that fit one call, the sternest counts.
pub(super) fn compile(profile: &Profile) -> Program {
    let own = by_number(profile, |rule| {
        let x32 = rule.number.filter(|_| profile.x32).map(|number| x86::x32(rule.name, number));
        rule.number.into_iter().chain(x32).collect()
    });
    let own = if RUNS_X86 && !profile.x32 { without_x32(own) } else { own };
    let ours = [bpf::if_equal(OWN, 1, 0), bpf::answer(Action::KillProcess)].into_iter().chain(own);
    let begin = [bpf::load(bpf::ARCHITECTURE)].into_iter();
    if !profile.x86 {
        return begin.chain(ours).collect();
    }
    let numbers = x86::numbers();
    let i386 = by_number(profile, |rule| x86::number(&numbers, rule.name, rule.number).into_iter().collect());
    let (ours, is_i386) = (ours.collect(), bpf::if_equal(I386, 0, 1));
    begin.chain(either(is_i386, i386, ours)).collect()
}

/// Goes on with `yes` where the comparison does with its next instruction, and with `no` where it leaves that out.
fn either(compare: Instruction, yes: Program, no: Program) -> Program {
    let begin = [compare, bpf::jump(no.len())];
    begin.into_iter().chain(no).chain(yes).collect()
}

/// Ends programs of x32 before anything else is asked: they come as this machine's own, with numbers that are in no
/// rule. What is no call at all (-1, a tracer's way to leave one out) goes on.
fn without_x32(program: Program) -> Program {
    let begin = [
        bpf::load(bpf::NUMBER),
        bpf::if_at_least(x86::X32, 0, 2),
        bpf::if_equal(u32::MAX, 1, 0),
        bpf::answer(Action::KillProcess),
    ];
    begin.into_iter().chain(program).collect()
}

/// Judges a call by its number and arguments; `numbers` are those that a rule is about.
fn by_number(profile: &Profile, numbers: impl Fn(&Rule) -> Vec<i64>) -> Program {
    let mut rules: BTreeMap<u32, Vec<&Rule>> = BTreeMap::new();
    for rule in &profile.rules {
        for number in numbers(rule).into_iter().filter_map(|number| u32::try_from(number).ok()) {
            rules.entry(number).or_default().push(rule);
        }
    }
    let otherwise = vec![bpf::answer(profile.default)];
    let mut stretches = vec![(0, otherwise.clone())];
    let mut begin = |number: u32, program: Program| {
        if stretches.last().is_some_and(|(last, _)| *last == number) {
            stretches.pop();
        }
        if stretches.last().is_none_or(|(_, last)| *last != program) {
            stretches.push((number, program));
        }
    };
    for (number, rules) in rules {
        begin(number, for_call(profile, rules));
        begin(number + 1, otherwise.clone());
    }
    [bpf::load(bpf::NUMBER)].into_iter().chain(halved(&stretches)).collect()
}

/// Judges a call by its arguments.
fn for_call(profile: &Profile, mut rules: Vec<&Rule>) -> Program {
    rules.sort_by_key(|rule| rule.action.leniency());
    let mut program = Program::new();
    for rule in rules {
        program.extend(bpf::if_all(&rule.conditions, rule.action));
        if rule.conditions.is_empty() {
            return program;
        }
    }
    program.push(bpf::answer(profile.default));
    program
}

fn halved(stretches: &[(u32, Program)]) -> Program {
    let [(_, first), others @ ..] = stretches else { return Program::new() };
    if others.is_empty() {
        return first.clone();
    }
    let (lower, upper) = stretches.split_at(stretches.len() / 2);
    let border = upper.first().map_or(0, |(number, _)| *number);
    either(bpf::if_at_least(border, 0, 1), halved(upper), halved(lower))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Condition, Operator, bpf::tests::run},
        *,
    };

    const ALLOWED: u32 = libc::SECCOMP_RET_ALLOW;
    const KILLED: u32 = libc::SECCOMP_RET_KILL_PROCESS;
    const REFUSED: u32 = libc::SECCOMP_RET_ERRNO | 1;

    fn profile(rules: Vec<Rule>) -> Profile {
        Profile { default: Action::Errno(1), rules, x86: true, x32: true }
    }

    fn rule(name: &'static str, number: i64, action: Action) -> Rule {
        Rule { name, number: Some(number), conditions: Vec::new(), action }
    }

    fn answered(program: &Program, number: u32) -> u32 {
        run(program, number, OWN, [0; 6])
    }

    #[test]
    fn every_number_gets_its_answer() {
        for step in [1, 2, 3, 7] {
            let rules = (0..600).step_by(step).map(|number| rule("x", number, Action::Allow)).collect();
            let program = compile(&profile(rules));
            for number in 0..700 {
                let is_allowed = number < 600 && number % step as u32 == 0;
                assert_eq!(answered(&program, number) == ALLOWED, is_allowed, "{number} of each {step}");
            }
            assert_eq!(answered(&program, u32::MAX), REFUSED);
        }
        let nothing = compile(&profile(Vec::new()));
        assert_eq!((answered(&nothing, 0), answered(&nothing, u32::MAX)), (REFUSED, REFUSED));
    }

    #[test]
    fn programs_of_each_kind_have_their_own_numbers() {
        let program = compile(&profile(vec![rule("write", 1, Action::Allow), rule("recvmsg", 47, Action::Allow)]));
        assert_eq!(
            [1, 47, 4, 0x4000_0001, 0x4000_0000 + 519].map(|n| answered(&program, n)),
            [ALLOWED, ALLOWED, REFUSED, ALLOWED, ALLOWED]
        );
        assert_eq!([4, 372, 1, 47].map(|n| run(&program, n, I386, [0; 6])), [ALLOWED, ALLOWED, REFUSED, REFUSED]);
        assert_eq!(run(&program, 1, 0x1234, [0; 6]), KILLED);
        let own = compile(&Profile { x86: false, x32: false, ..profile(vec![rule("write", 1, Action::Allow)]) });
        assert_eq!((run(&own, 4, I386, [0; 6]), answered(&own, 0x4000_0001)), (KILLED, KILLED));
    }

    #[test]
    fn a_list_of_what_is_denied_is_not_passed_by_another_kind_of_program() {
        let denied = vec![rule("keyctl", 250, Action::Errno(1))];
        let only_own = Profile { default: Action::Allow, x86: false, x32: false, ..profile(denied.clone()) };
        let program = compile(&only_own);
        assert_eq!([250, 1].map(|n| answered(&program, n)), [REFUSED, ALLOWED]);
        assert_eq!([0x4000_0000 + 250, 0x7fff_ffff].map(|n| answered(&program, n)), [KILLED; 2]);
        assert_eq!(run(&program, 250, I386, [0; 6]), KILLED);
        // No call at all: a tracer's way to leave one out.
        assert_eq!(answered(&program, u32::MAX), ALLOWED);
        let all = compile(&Profile { default: Action::Allow, ..profile(denied) });
        assert_eq!(answered(&all, 0x4000_0000 + 250), REFUSED);
    }

    #[test]
    fn of_several_rules_the_sternest_that_fits_counts() {
        let first_is = |value| vec![Condition { argument: 0, operator: Operator::Equal, value }];
        let rules = vec![
            Rule { conditions: first_is(1), ..rule("x", 5, Action::Allow) },
            Rule { conditions: first_is(2), ..rule("x", 5, Action::Allow) },
            Rule { conditions: first_is(2), ..rule("x", 5, Action::KillProcess) },
        ];
        let program = compile(&profile(rules));
        let told = [1, 2, 3].map(|first| run(&program, 5, OWN, [first, 0, 0, 0, 0, 0]));
        assert_eq!(told, [ALLOWED, KILLED, REFUSED]);
    }
}
