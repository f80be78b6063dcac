//! A container's programs that lead back to this program's file on the host (CVE-2019-5736).

use std::{fs, os::unix::fs::PermissionsExt};

use longshore::model::State;

use crate::stage::stage;

/// Runs in place of the loader that this program names, so with this program as `/proc/self/exe`, and tries to change
/// it. Each line says what the kernel thinks of that.
const ATTACK: &str = r#"
static long call(long number, long a, long b) {
    long answer;
    __asm__ volatile("syscall" : "=a"(answer) : "a"(number), "D"(a), "S"(b) : "rcx", "r11", "memory");
    return answer;
}
static void say(long answer) {
    char line[] = "00\n";
    line[0] += -answer / 10 % 10;
    line[1] += -answer % 10;
    register long length __asm__("rdx") = 3;
    long ignored;
    __asm__ volatile("syscall" : "=a"(ignored) : "a"(1), "D"(1), "S"(line), "r"(length) : "rcx", "r11", "memory");
}
void _start(void) {
    const char *self = "/proc/self/exe";
    say(call(2, (long)self, 01001)); /* open, to write, emptied */
    say(call(90, (long)self, 0755)); /* chmod */
    call(231, 0, 0);                 /* exit_group */
}
"#;
/// `EROFS`, twice.
const REFUSED: &str = "30\n30\n";
/// The same by a program that may mount, and first tries to make that of this file one to write to.
const UNSEAL: &str = r#"
static long call(long number, long a, long b, long c, long d, long e) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    long answer;
    __asm__ volatile("syscall" : "=a"(answer)
        : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
    return answer;
}
static void say(long answer) {
    char line[] = "00\n";
    line[0] += -answer / 10 % 10;
    line[1] += -answer % 10;
    call(1, 1, (long)line, 3, 0, 0);
}
void _start(void) {
    const char *self = "/proc/self/exe";
    unsigned long attributes[4] = {0, 1, 0, 0};                     /* MOUNT_ATTR_RDONLY, to be cleared */
    long file = call(2, (long)self, 010000000, 0, 0, 0);            /* open, O_PATH */
    say(call(442, file, (long)"", 0x1000, (long)attributes, 32));   /* mount_setattr, AT_EMPTY_PATH */
    say(call(90, (long)self, 0755, 0, 0, 0));                       /* chmod */
    call(231, 0, 0, 0, 0, 0);                                       /* exit_group */
}
"#;
/// `EINVAL` and `EROFS`.
const STAYS_SEALED: &str = "22\n30\n";

#[tokio::test]
#[cfg(target_arch = "x86_64")]
async fn a_program_that_is_this_one_cannot_change_its_file() {
    let Some(stage) = stage() else { return };
    stage.build("lib64/ld-linux-x86-64.so.2", ATTACK, &[]);
    stage.put("bin/script", "#!/proc/self/exe\n");
    stage.link("bin/link", "/proc/self/exe");
    let host = stage.container("sleep 1000", |_| {});
    host.start();
    for program in ["/bin/script", "/bin/link"] {
        let main = stage.container("", |order| order.process.args = vec![program.to_owned()]);
        assert_eq!(main.run().await, (REFUSED.to_owned(), String::new(), Some(0)), "{program} as the main process");
        let exec = host.exec("", |process| process.args = vec![program.to_owned()]).await;
        assert_eq!(exec, (REFUSED.to_owned(), String::new(), Some(0)), "{program} as an exec");
    }
    host.kill(9);
    host.wait_for(State::Exited(137));
    stage.assert_clean();
}

#[tokio::test]
#[cfg(target_arch = "x86_64")]
async fn a_program_that_may_mount_does_not_unseal_it() {
    let Some(stage) = stage() else { return };
    stage.build("lib64/ld-linux-x86-64.so.2", UNSEAL, &[]);
    stage.put("bin/script", "#!/proc/self/exe\n");
    // Whoever has started it lives on, as a console does.
    let main = stage.container("", |order| {
        order.process.args = vec!["/bin/script".to_owned()];
        order.spec.security.cap_add = vec!["SYS_ADMIN".into()];
    });
    assert_eq!(main.run().await, (STAYS_SEALED.to_owned(), String::new(), Some(0)));
    stage.assert_clean();
}

#[tokio::test]
async fn an_init_of_ours_is_no_way_to_our_file() {
    let Some(stage) = stage() else { return };
    let own = env!("CARGO_BIN_EXE_longshore");
    let mode = fs::metadata(own).unwrap().permissions().mode();
    let host = stage.container("sleep 1000", |order| {
        order.spec.life.init = true;
        order.spec.security.cap_add = vec!["SYS_PTRACE".into()];
    });
    host.start();
    let (_, error, code) = host.exec("busybox chmod 700 /proc/1/exe", |_| {}).await;
    let after = fs::metadata(own).unwrap().permissions().mode();
    fs::set_permissions(own, fs::Permissions::from_mode(mode)).unwrap();
    assert!(code == Some(1) && error.contains("Read-only file system"), "{code:?} {error}");
    assert_eq!(after, mode);
    host.kill(9);
    host.wait_for(State::Exited(137));
    stage.assert_clean();
}
