//! Instructions of the kernel's packet filter machine, as seccomp(2) has it look at calls. Knows no call.

use super::{Action, Condition, Operator};

/// Where things are in `struct seccomp_data` (linux/seccomp.h): the call's number, whom it is made for, its arguments.
pub(super) const NUMBER: u32 = 0;
pub(super) const ARCHITECTURE: u32 = 4;
const ARGUMENTS: u32 = 16;
/// Whether this machine has the high half of a number before its low half.
const HIGH_FIRST: bool = u16::from_ne_bytes([0, 1]) == 1;

/// Codes of instructions (linux/bpf_common.h).
const LOAD: u16 = 0x20;
const AND: u16 = 0x54;
const JUMP: u16 = 0x05;
const IF_EQUAL: u16 = 0x15;
const IF_GREATER: u16 = 0x25;
const IF_AT_LEAST: u16 = 0x35;
const ANSWER: u16 = 0x06;

/// `struct sock_filter`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instruction {
    code: u16,
    /// Instructions to jump over when a comparison is true, and when it is not.
    yes: u8,
    no: u8,
    value: u32,
}

const fn plain(code: u16, value: u32) -> Instruction {
    Instruction { code, yes: 0, no: 0, value }
}

/// Loads the word there.
pub(super) const fn load(at: u32) -> Instruction {
    plain(LOAD, at)
}

/// Jumps over so many instructions. No program has as many as a word can count.
pub(super) fn jump(over: usize) -> Instruction {
    plain(JUMP, u32::try_from(over).unwrap_or(u32::MAX))
}

/// Jumps over `yes` or `no` instructions, by whether the word is that.
pub(super) const fn if_equal(value: u32, yes: u8, no: u8) -> Instruction {
    Instruction { code: IF_EQUAL, yes, no, value }
}

/// The same, by whether the word is at least that.
pub(super) const fn if_at_least(value: u32, yes: u8, no: u8) -> Instruction {
    Instruction { code: IF_AT_LEAST, yes, no, value }
}

/// Answers the kernel (linux/seccomp.h).
pub(super) fn answer(action: Action) -> Instruction {
    plain(
        ANSWER,
        match action {
            Action::KillProcess => libc::SECCOMP_RET_KILL_PROCESS,
            Action::KillThread => libc::SECCOMP_RET_KILL_THREAD,
            Action::Trap => libc::SECCOMP_RET_TRAP,
            Action::Errno(number) => libc::SECCOMP_RET_ERRNO | u32::from(number),
            Action::Trace(number) => libc::SECCOMP_RET_TRACE | u32::from(number),
            Action::Log => libc::SECCOMP_RET_LOG,
            Action::Allow => libc::SECCOMP_RET_ALLOW,
        },
    )
}

/// Where a comparison goes on.
#[derive(Clone, Copy)]
enum Goal {
    /// With the next instruction.
    On,
    /// Behind this condition: it is met.
    Met,
    /// Behind the answer: it is not met.
    Missed,
}

/// Answers where all of these conditions are met, and goes on behind otherwise.
pub(super) fn if_all(conditions: &[Condition], action: Action) -> Vec<Instruction> {
    let parts: Vec<_> = conditions.iter().map(condition).collect();
    let mut left: usize = parts.iter().map(Vec::len).sum();
    let mut program = Vec::with_capacity(left + 1);
    for part in parts {
        let length = part.len();
        for (at, (instruction, goals)) in part.into_iter().enumerate() {
            left -= 1;
            // Six conditions of eight instructions are the most there can be.
            let over = |goal: Goal| match goal {
                Goal::On => 0,
                Goal::Met => u8::try_from(length - at - 1).unwrap_or(u8::MAX),
                Goal::Missed => u8::try_from(left + 1).unwrap_or(u8::MAX),
            };
            let [yes, no] = goals.map(over);
            program.push(Instruction { yes, no, ..instruction });
        }
    }
    program.push(answer(action));
    program
}

/// An argument has 64 bits, and the machine looks at 32 at once.
fn condition(condition: &Condition) -> Vec<(Instruction, [Goal; 2])> {
    use Goal::{Met, Missed, On};
    let at = ARGUMENTS + 8 * u32::from(condition.argument);
    let (high_at, low_at) = if HIGH_FIRST { (at, at + 4) } else { (at + 4, at) };
    let halves = |value: u64| ((value >> 32) as u32, value as u32);
    let (high, low) = halves(condition.value);
    let step = |code, value, yes, no| (plain(code, value), [yes, no]);
    let load = |at| step(LOAD, at, On, On);
    let and = |mask| step(AND, mask, On, On);
    let equal = |yes, no| vec![load(high_at), step(IF_EQUAL, high, On, no), load(low_at), step(IF_EQUAL, low, yes, no)];
    let over = |code, yes, no| {
        let above = step(IF_GREATER, high, yes, On);
        vec![load(high_at), above, step(IF_EQUAL, high, On, no), load(low_at), step(code, low, yes, no)]
    };
    match condition.operator {
        Operator::Equal => equal(Met, Missed),
        Operator::Unequal => equal(Missed, Met),
        Operator::Greater => over(IF_GREATER, Met, Missed),
        Operator::AtLeast => over(IF_AT_LEAST, Met, Missed),
        Operator::Less => over(IF_AT_LEAST, Missed, Met),
        Operator::AtMost => over(IF_GREATER, Missed, Met),
        Operator::Masked(mask) => {
            let (high_mask, low_mask) = halves(mask);
            let (is_high, is_low) = (step(IF_EQUAL, high, On, Missed), step(IF_EQUAL, low, Met, Missed));
            vec![load(high_at), and(high_mask), is_high, load(low_at), and(low_mask), is_low]
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What the kernel would be told of a call: the words of `struct seccomp_data`.
    pub(in super::super) fn run(program: &[Instruction], number: u32, architecture: u32, arguments: [u64; 6]) -> u32 {
        let mut data = number.to_ne_bytes().to_vec();
        data.extend(architecture.to_ne_bytes());
        data.extend([0; 8]);
        data.extend(arguments.iter().flat_map(|argument| argument.to_ne_bytes()));
        let (mut at, mut word) = (0, 0_u32);
        loop {
            let Instruction { code, yes, no, value } = program[at];
            let go = |is: bool| usize::from(if is { yes } else { no });
            at += 1;
            match code {
                LOAD => word = u32::from_ne_bytes(data[value as usize..][..4].try_into().unwrap()),
                AND => word &= value,
                JUMP => at += value as usize,
                IF_EQUAL => at += go(word == value),
                IF_GREATER => at += go(word > value),
                IF_AT_LEAST => at += go(word >= value),
                ANSWER => return value,
                _ => panic!("no such instruction"),
            }
        }
    }

    #[test]
    fn conditions_hold_for_all_64_bits() {
        const HIGH: u64 = 7 << 32;
        let values = [0, 1, 41, 42, 43, HIGH, HIGH + 41, HIGH + 42, HIGH + 43, HIGH + (1 << 32), u64::MAX];
        let refused = answer(Action::Errno(1)).value;
        for limit in values {
            for value in values {
                for (operator, holds) in [
                    (Operator::Equal, value == limit),
                    (Operator::Unequal, value != limit),
                    (Operator::Greater, value > limit),
                    (Operator::AtLeast, value >= limit),
                    (Operator::Less, value < limit),
                    (Operator::AtMost, value <= limit),
                    (Operator::Masked(HIGH + 1), value & (HIGH + 1) == limit),
                ] {
                    let always = Condition { argument: 0, operator: Operator::Equal, value: 5 };
                    let one = Condition { argument: 3, operator, value: limit };
                    let mut program = if_all(&[always, one], Action::Errno(1));
                    program.push(answer(Action::Allow));
                    let told = run(&program, 0, 0, [5, 0, 0, value, 0, 0]);
                    assert_eq!(told == refused, holds, "{value} {operator:?} {limit}");
                    assert_ne!(run(&program, 0, 0, [6, 0, 0, value, 0, 0]), refused, "both must hold");
                }
            }
        }
    }
}
