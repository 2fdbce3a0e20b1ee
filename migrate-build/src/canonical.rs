use crate::rules::{m010_not_utf8, m011_nul_byte};
use crate::{Diagnostic, Source};

/// The mark that some editors put before UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Makes a file's bytes the canonical text: what is hashed, embedded and executed.
///
/// One leading byte order mark goes, and every CR LF becomes LF. Nothing else changes: a CR without LF stays, and so
/// do trailing blanks, a missing last newline, and a second byte order mark.
///
/// # Errors
///
/// The bytes are not UTF-8, or hold a NUL.
pub(crate) fn canonical(file: String, bytes: &[u8]) -> Result<Source, Diagnostic> {
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err(m010_not_utf8::diagnostic(file, bytes, error.valid_up_to())),
    };
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let source = Source::new(file, text.replace("\r\n", "\n"));
    match source.text().find('\0') {
        Some(offset) => Err(m011_nul_byte::diagnostic(&source, offset)),
        None => Ok(source),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(bytes: &[u8]) -> String {
        canonical("f".to_owned(), bytes).unwrap().text().to_owned()
    }

    #[test]
    fn a_byte_order_mark_goes_and_crlf_becomes_lf() {
        assert_eq!(text(b"\xef\xbb\xbfa\r\nb\r\n"), "a\nb\n");
    }

    #[test]
    fn nothing_else_changes() {
        for same in ["", "a", "a\rb", "a\n\r", "\n\n", " a \t\n", "a\u{feff}", "\u{85}\u{2028}"] {
            assert_eq!(text(same.as_bytes()), same);
        }
        assert_eq!(text("\u{feff}\u{feff}a".as_bytes()), "\u{feff}a");
        assert_eq!(text(b"a\r\r\nb"), "a\r\nb");
    }

    #[test]
    fn a_file_in_another_encoding_is_reported_with_the_byte() {
        let latin1 = canonical("f".to_owned(), b"-- a\n-- \xe4\n").unwrap_err();
        assert_eq!(latin1.message(), "this file is not valid UTF-8: byte 8 (0xe4), on line 2, begins no character");
        let utf16 = canonical("f".to_owned(), b"\xff\xfea\0").unwrap_err();
        assert_eq!(utf16.help(), "this looks like UTF-16: save the file as UTF-8");
        let bare = canonical("f".to_owned(), b"a\n\0b").unwrap_err();
        assert_eq!((bare.rule().code, bare.position().unwrap().line), ("M011", 2));
    }

    proptest! {
        #[test]
        fn crlf_and_a_byte_order_mark_make_no_difference(lines in proptest::collection::vec("[^\r\n\0\u{feff}]*", 0..8)) {
            let unix = lines.join("\n");
            let windows = lines.join("\r\n");
            prop_assert_eq!(&text(windows.as_bytes()), &unix);
            prop_assert_eq!(&text(format!("\u{feff}{windows}").as_bytes()), &unix);
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            _ = canonical("f".to_owned(), &bytes);
        }
    }
}
