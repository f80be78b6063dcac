//! Functions of the DLLs of Windows, one table for each DLL. Knows their types and not what they are called for.
//!
//! A table is a value that is passed on. What a release of Windows may lack stands in it as an `Option`; without the
//! rest there is no table.

pub mod computecore;
pub mod computenetwork;
pub mod ntdll;
pub mod virtdisk;
pub mod vmcompute;

/// Declares the table of a DLL and how it is filled:
/// `struct Name: "x.dll" of Part; required { field: c"Export" = fn(..) -> R, } optional { … }`.
macro_rules! table {
    (
        $(#[$doc:meta])* struct $name:ident: $dll:literal of $part:ident;
        required { $($(#[$rdoc:meta])* $rfield:ident: $rname:literal = fn($($rarg:ty),*) $(-> $rret:ty)?,)* }
        optional { $($(#[$odoc:meta])* $ofield:ident: $oname:literal = fn($($oarg:ty),*) $(-> $oret:ty)?,)* }
    ) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name {
            $($(#[$rdoc])* pub(crate) $rfield: unsafe extern "system" fn($($rarg),*) $(-> $rret)?,)*
            $($(#[$odoc])* pub(crate) $ofield: Option<unsafe extern "system" fn($($oarg),*) $(-> $oret)?>,)*
        }

        impl $name {
            /// Loads the DLL and looks its functions up.
            ///
            /// # Errors
            /// That there is no such DLL here, or which function it lacks.
            #[allow(unsafe_code, reason = "an address becomes a function only so")]
            pub(crate) fn load(
                shelf: &$crate::runtime::windows::load::Shelf,
            ) -> std::result::Result<Self, $crate::runtime::windows::load::LoadError> {
                let dll = shelf.open($dll, $crate::runtime::windows::load::Part::$part)?;
                Ok(Self {
                    $($rfield: {
                        let address = dll.required($rname)?;
                        // SAFETY: the address is not null and that of the function of this name, whose documented
                        // type this is; the DLL is never unloaded.
                        unsafe {
                            std::mem::transmute::<
                                *const std::ffi::c_void,
                                unsafe extern "system" fn($($rarg),*) $(-> $rret)?,
                            >(address)
                        }
                    },)*
                    $($ofield: dll.optional($oname).map(|address| {
                        // SAFETY: as above.
                        unsafe {
                            std::mem::transmute::<
                                *const std::ffi::c_void,
                                unsafe extern "system" fn($($oarg),*) $(-> $oret)?,
                            >(address)
                        }
                    }),)*
                })
            }
        }
    };
}

pub(crate) use table;
