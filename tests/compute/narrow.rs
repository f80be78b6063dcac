//! Programs of 32 bits under the filter of system calls.

#![cfg(target_arch = "x86_64")]

use longshore::model::State;

use crate::stage::stage;

/// Says what the kernel answers to some calls for i386: 0 for success, or the error's number.
const I386: &str = r#"
static long call(long number, long a, long b, long c) {
    long answer;
    __asm__ volatile("int $0x80" : "=a"(answer) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
    return answer;
}
static void say(const char *what, int length, long answer) {
    char number[] = " 00\n";
    if (answer < 0) { number[1] += -answer / 10; number[2] += -answer % 10; }
    call(4, 1, (long)what, length);
    call(4, 1, (long)number, 4);
}
#define SAY(what, ...) say(what, sizeof what - 1, call(__VA_ARGS__))
void _start(void) {
    long inet[3] = {2, 1, 0}, time[3];
    SAY("getuid32", 199, 0, 0, 0);
    SAY("socketcall", 102, 1, (long)inet, 0);
    SAY("clock_gettime64", 403, 1, (long)time, 0);
    SAY("personality", 136, 8, 0, 0);
    SAY("personality of another", 136, 0x40000, 0, 0);
    SAY("socket of AF_VSOCK", 359, 40, 1, 0);
    SAY("umount", 22, (long)"/proc", 0, 0);
    SAY("keyctl", 288, 0, -3, 1);
    SAY("clone3", 435, 0, 0, 0);
    SAY("write, for 64 bits", 1 + 0x40000000, 1, (long)inet, 4);
    call(252, 0, 0, 0);
}
"#;
/// `EPERM` is 1, `ENOSYS` 38.
const FILTERED: &str = "getuid32 00\nsocketcall 00\nclock_gettime64 00\npersonality 00\npersonality of another 01\n\
                        socket of AF_VSOCK 01\numount 01\nkeyctl 01\nclone3 38\nwrite, for 64 bits 01\n";

/// The same for calls with the mark of x32, of which a kernel that lacks them only sees the filter.
const X32: &str = r#"
static long call(long number, long a, long b, long c) {
    long answer;
    __asm__ volatile("syscall" : "=a"(answer) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return answer;
}
static void say(long answer) { call(1, 1, (long)(answer == -1 ? "refused\n" : "allowed\n"), 8); }
void _start(void) {
    say(call(0x40000000 + 102, 0, 0, 0));          /* getuid */
    say(call(0x40000000 + 519, -1, 0, 0));         /* recvmsg */
    say(call(0x40000000 + 47, -1, 0, 0));          /* its number for 64 bits only */
    say(call(0x40000000 + 165, 0, 0, 0));          /* mount */
    call(231, 0, 0, 0);
}
"#;

#[tokio::test]
async fn programs_of_32_bits_run_under_the_same_filter() {
    let Some(stage) = stage() else { return };
    stage.build("bin/narrow", I386, &["-m32"]);
    let args = vec!["/bin/narrow".to_owned()];
    let main = stage.container("", |order| order.process.args = args.clone());
    assert_eq!(main.run().await, (FILTERED.to_owned(), String::new(), Some(0)));
    let open = stage.container("", |order| {
        order.process.args = args.clone();
        order.spec.security.options = vec!["seccomp=unconfined".into()];
    });
    let (said, _, code) = open.run().await;
    assert!(code == Some(0) && said.contains("keyctl 00") && said.contains("another 00"), "{said}");
    let host = stage.container("sleep 1000", |_| {});
    host.start();
    let exec = host.exec("", |process| process.args = args.clone()).await;
    assert_eq!(exec, (FILTERED.to_owned(), String::new(), Some(0)));
    host.kill(9);
    host.wait_for(State::Exited(137));
    stage.assert_clean();
}

#[tokio::test]
async fn a_profile_of_one_s_own_says_whose_programs_run() {
    let Some(stage) = stage() else { return };
    stage.build("bin/narrow", I386, &["-m32"]);
    let run = async |architectures: &str| {
        let file = stage.layout.data.join("profile.json");
        let refuse = r#"{"names": ["clock_gettime64"], "action": "SCMP_ACT_ERRNO", "errnoRet": 17}"#;
        let text = format!(r#"{{"defaultAction": "SCMP_ACT_ALLOW", {architectures}, "syscalls": [{refuse}]}}"#);
        std::fs::write(&file, text).unwrap();
        let one = stage.container("", |order| {
            order.process.args = vec!["/bin/narrow".to_owned()];
            order.spec.security.options = vec![format!("seccomp={}", file.display())];
        });
        one.run().await
    };
    let (said, _, code) = run(r#""architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]"#).await;
    assert!(code == Some(0) && said.contains("clock_gettime64 17\n"), "{said}");
    let map = r#""archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}]"#;
    assert_eq!(run(map).await.0, said);
    let (said, _, code) = run(r#""architectures": ["SCMP_ARCH_X86_64"]"#).await;
    assert_eq!((said.as_str(), code), ("", Some(159)), "SIGSYS, as with Docker");
    stage.assert_clean();
}

#[tokio::test]
async fn calls_of_x32_are_judged_by_their_names() {
    let Some(stage) = stage() else { return };
    stage.build("bin/x32", X32, &[]);
    let main = stage.container("", |order| order.process.args = vec!["/bin/x32".to_owned()]);
    let expected = "allowed\nallowed\nrefused\nrefused\n";
    assert_eq!(main.run().await, (expected.to_owned(), String::new(), Some(0)));
    stage.assert_clean();
}
