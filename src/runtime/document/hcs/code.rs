//! What the error codes of HCS mean, for people and for the next step. Pure.

use std::fmt;

/// A code of HCS or of what stands below it.
///
/// HCS has two families of codes with the same low word: `0x8037….` comes from `computecore.dll`, `0xC037….` from
/// `vmcompute.dll`, and the second also lies within documents of the first. Both mean the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code(
    /// The `HRESULT` as it was given.
    pub u32,
);

/// Of an `HRESULT` what is left without severity and the bits that tell the families apart.
const MASK: u32 = 0x1FFF_FFFF;
/// The facility of HCS (virtualization, 0x37), in its place.
const FACILITY: u32 = 0x0037_0000;

macro_rules! meanings {
    ($($(#[$doc:meta])* $name:ident = $low:literal, $sentence:literal;)*) => {
        /// What a code of HCS's own means.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum Meaning {
            $($(#[$doc])* $name = $low,)*
        }

        impl Meaning {
            /// Every meaning there is.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// In words: what holds, without what was tried.
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$name => $sentence,)*
                }
            }
        }
    };
}

meanings! {
    /// Died while it was being started.
    TerminatedDuringStart = 0x100, "it ended while it was being started";
    /// The image is of another build than the host.
    ImageMismatch = 0x101, "the image is made for another build of Windows than this host's";
    /// There is no hypervisor.
    HyperVNotInstalled = 0x102, "Hyper-V is not installed or not running on this host";
    /// Of `vmcompute.dll` alone: the end comes as a notification.
    Pending = 0x103, "it is not done yet";
    /// Of `vmcompute.dll` alone.
    TooManyNotifications = 0x104, "more was told than was listened to";
    /// Its state does not allow it.
    InvalidState = 0x105, "its present state does not allow it";
    /// It vanished.
    UnexpectedExit = 0x106, "it ended by itself";
    /// It was ended by request.
    Terminated = 0x107, "it was ended";
    /// The guest of a Hyper-V container cannot be reached.
    ConnectFailed = 0x108, "its virtual machine cannot be reached";
    /// The guest does not answer.
    ConnectionTimeout = 0x109, "its virtual machine does not answer";
    /// The guest hung up.
    ConnectionClosed = 0x10A, "its virtual machine has hung up";
    /// The guest does not know the request.
    UnknownMessage = 0x10B, "its guest does not know this request";
    /// The guest is of another age.
    UnsupportedProtocolVersion = 0x10C, "its guest speaks another version of the protocol";
    /// A document was not understood.
    InvalidJson = 0x10D, "this Windows does not understand a member of the document";
    /// There is no such system.
    SystemNotFound = 0x10E, "there is no such container in Windows";
    /// The id is taken.
    SystemAlreadyExists = 0x10F, "Windows has a container of this id already";
    /// It has ended.
    SystemAlreadyStopped = 0x110, "it has ended already";
    /// The guest broke the protocol.
    ProtocolError = 0x111, "its guest broke the protocol";
    /// A layer is not what it ought to be.
    InvalidLayer = 0x112, "one of its layers is damaged or in the wrong place";
    /// Only preview builds can do it.
    WindowsInsiderRequired = 0x113, "only preview builds of Windows can do it";
    /// The service is off.
    ServiceNotAvailable = 0x114, "the host compute service is not running";
    /// An operation was asked before it was used.
    OperationNotStarted = 0x115, "the operation has not begun";
    /// An operation was used twice.
    OperationAlreadyStarted = 0x116, "the operation has begun already";
    /// An operation is not over.
    OperationPending = 0x117, "the operation is not over";
    /// An operation took too long.
    OperationTimeout = 0x118, "it takes too long";
    /// Two ways of being called back were asked for.
    CallbackAlreadySet = 0x119, "somebody listens to it already";
    /// There was no memory for an answer.
    ResultAllocationFailed = 0x11A, "there is no memory for the answer";
    /// The caller may not.
    AccessDenied = 0x11B, "only administrators may do it";
    /// The guest's kernel is in trouble.
    GuestCriticalError = 0x11C, "its guest has met a critical error";
    /// The process was opened and not created by the caller.
    ProcessInfoNotAvailable = 0x11D, "only who started the process has its pipes";
    /// The service was restarted and has forgotten all handles.
    ServiceDisconnect = 0x11E, "the host compute service was restarted meanwhile";
    /// The process has ended.
    ProcessAlreadyStopped = 0x11F, "the process has ended already";
    /// It was not created for this.
    NotConfigured = 0x120, "it was not made for this";
    /// The operation was given up.
    OperationAlreadyCancelled = 0x121, "the operation was given up";
}

impl Meaning {
    /// What the user can do about it.
    pub const fn hint(self) -> Option<&'static str> {
        Some(match self {
            Self::ImageMismatch => "take a tag of the image for this build, or use Hyper-V isolation",
            Self::HyperVNotInstalled => "turn Hyper-V on, or use process isolation",
            Self::ServiceNotAvailable => "start it with `Start-Service vmcompute`, or turn the feature Containers on",
            Self::AccessDenied => "run longshore as an administrator or as a member of Hyper-V Administrators",
            Self::InvalidLayer => "remove the image and pull it again",
            Self::ServiceDisconnect => "try again: the container lives on",
            _ => return None,
        })
    }
}

/// Codes of Windows' own that come out of HCS; `HRESULT_FROM_WIN32` of the error of the same name.
mod win32 {
    pub(super) const FILE_NOT_FOUND: u32 = 0x8007_0002;
    pub(super) const PATH_NOT_FOUND: u32 = 0x8007_0003;
    pub(super) const ACCESS_DENIED: u32 = 0x8007_0005;
    pub(super) const INVALID_HANDLE: u32 = 0x8007_0006;
    pub(super) const INVALID_DATA: u32 = 0x8007_000D;
    pub(super) const SHARING_VIOLATION: u32 = 0x8007_0020;
    pub(super) const NOT_SUPPORTED: u32 = 0x8007_0032;
    pub(super) const INVALID_PARAMETER: u32 = 0x8007_0057;
    pub(super) const SERVICE_DOES_NOT_EXIST: u32 = 0x8007_0424;
    pub(super) const NOT_FOUND: u32 = 0x8007_0490;
    pub(super) const RPC_CALL_FAILED: u32 = 0x8007_06BE;
    pub(super) const NO_ENDPOINT: u32 = 0x8007_06D9;
}

impl Code {
    /// The code as Windows' functions give it.
    pub const fn of(hresult: i32) -> Self {
        Self(hresult.cast_unsigned())
    }

    /// What it means, if it is one of HCS's own; whichever family it is of.
    pub fn meaning(self) -> Option<Meaning> {
        let low = (self.0 & MASK).checked_sub(FACILITY)?;
        Meaning::ALL.iter().copied().find(|meaning| *meaning as u32 == low)
    }

    /// Whether it means this.
    pub fn is(self, meaning: Meaning) -> bool {
        self.meaning() == Some(meaning)
    }

    /// Whether it says that a system or process has ended before: success for whoever wants it to end.
    pub fn is_already_stopped(self) -> bool {
        matches!(self.meaning(), Some(Meaning::SystemAlreadyStopped | Meaning::ProcessAlreadyStopped))
            || self.0 == win32::NOT_FOUND
    }

    /// Whether it says that there is no such thing: success for whoever wants it gone.
    pub fn is_not_found(self) -> bool {
        self.is(Meaning::SystemNotFound) || self.0 == win32::NOT_FOUND
    }

    /// Whether it says that handles are dead while what they stood for may live: open again by id.
    pub fn is_disconnected(self) -> bool {
        self.is(Meaning::ServiceDisconnect) || self.0 == win32::RPC_CALL_FAILED
    }

    /// Whether it says that this Windows has no such service.
    pub fn is_no_service(self) -> bool {
        self.is(Meaning::ServiceNotAvailable) || matches!(self.0, win32::SERVICE_DOES_NOT_EXIST | win32::NO_ENDPOINT)
    }

    /// Whether it says that this release or this kind of container cannot do it.
    pub fn is_unsupported(self) -> bool {
        matches!(self.meaning(), Some(Meaning::InvalidJson | Meaning::UnknownMessage))
            || matches!(self.0, win32::INVALID_DATA | win32::NOT_SUPPORTED)
    }

    /// Whether it says that the caller may not, where that is not another word for "has ended".
    pub fn is_denied(self) -> bool {
        self.is(Meaning::AccessDenied) || self.0 == win32::ACCESS_DENIED
    }

    /// Whether it says what it does of something that is just ending: a sample is missed, nothing is wrong.
    pub fn is_of_an_ending(self) -> bool {
        let by_state = matches!(self.meaning(), Some(Meaning::InvalidState | Meaning::SystemAlreadyStopped));
        by_state || self.is_not_found() || self.0 == win32::INVALID_HANDLE
    }

    /// What the user can do about it.
    pub fn hint(self) -> Option<&'static str> {
        match self.meaning() {
            Some(meaning) => meaning.hint(),
            None if self.is_no_service() => Meaning::ServiceNotAvailable.hint(),
            None if self.is_denied() => Meaning::AccessDenied.hint(),
            None => None,
        }
    }
}

/// In words where there are any, always with the number: people look for it.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.meaning().map(Meaning::sentence).or(match self.0 {
            win32::FILE_NOT_FOUND => Some("there is no such file"),
            win32::PATH_NOT_FOUND => Some("there is no such folder"),
            win32::ACCESS_DENIED => Some("access is denied"),
            win32::INVALID_HANDLE => Some("the handle is closed"),
            win32::INVALID_DATA => Some("Windows does not understand the document"),
            win32::SHARING_VIOLATION => Some("somebody else uses it"),
            win32::NOT_SUPPORTED => Some("this Windows cannot do it"),
            win32::INVALID_PARAMETER => Some("an argument is wrong"),
            win32::SERVICE_DOES_NOT_EXIST | win32::NO_ENDPOINT => Some("the service is not there"),
            win32::NOT_FOUND => Some("there is no such thing"),
            win32::RPC_CALL_FAILED => Some("the service broke off"),
            _ => None,
        });
        match words {
            Some(words) => write!(f, "{words} ({self:?})"),
            None => write!(f, "Windows says {self:?}"),
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_families_mean_the_same() {
        for meaning in Meaning::ALL {
            let low = *meaning as u32;
            assert_eq!(Code(0x8037_0000 | low).meaning(), Some(*meaning));
            assert_eq!(Code(0xC037_0000 | low).meaning(), Some(*meaning));
        }
        assert_eq!(Code::of(-1_070_137_082).meaning(), Some(Meaning::UnexpectedExit));
    }

    #[test]
    fn other_codes_have_no_meaning_of_their_own() {
        for code in [0, 0x8007_0105, 0x803B_010E, 0x8037_0122, 0x8037_0001, u32::MAX] {
            assert_eq!(Code(code).meaning(), None, "{code:#x}");
        }
    }

    #[test]
    fn a_code_says_what_it_is_good_for() {
        assert!(Code(0xC037_0110).is_already_stopped() && Code(0x8037_011F).is_already_stopped());
        assert!(Code(0x8007_0490).is_already_stopped() && Code(0x8007_0490).is_not_found());
        assert!(Code(0x8037_010E).is_not_found() && !Code(0x8037_010F).is_not_found());
        assert!(Code(0x8037_011E).is_disconnected() && Code(0x8007_06BE).is_disconnected());
        assert!(Code(0x8007_06D9).is_no_service() && Code(0x8037_0114).is_no_service());
        assert!(Code(0x8037_010D).is_unsupported() && Code(0x8007_0032).is_unsupported());
        assert!(Code(0xC037_0105).is_of_an_ending() && !Code(0x8037_0106).is_of_an_ending());
    }

    #[test]
    fn words_carry_the_number() {
        assert_eq!(
            Code(0xC037_0101).to_string(),
            "the image is made for another build of Windows than this host's (0xc0370101)"
        );
        assert_eq!(Code(0x8007_0005).to_string(), "access is denied (0x80070005)");
        assert_eq!(Code(0x8000_4005).to_string(), "Windows says 0x80004005");
        assert!(Code(0x8007_0424).hint().unwrap().contains("Start-Service vmcompute"));
    }
}
