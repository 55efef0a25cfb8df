//! The bytes of a file as text, or why they are none. Knows nothing of YAML.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::documents::Broken;

/// Larger files are refused; a folder of many files is the better form long before.
const MAX_BYTES: u64 = 16 << 20;

/// Reads a file, but no more than one byte past the limit.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_from(File::open(path)?)
}

/// Reads to the end, but no more than one byte past the limit.
pub(super) fn read_from(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text of a file, without a byte order mark.
pub(super) fn decode(bytes: &[u8]) -> Result<&str, Broken> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(broken(
            1,
            &format!("larger than {} MiB; split the file", MAX_BYTES >> 20),
        ));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(broken(1, "written in UTF-16; save the file as UTF-8"));
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(broken(
            line_at(bytes, at),
            "holds a NUL byte, so it is no text; take the byte or the file away",
        ));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let line = line_at(bytes, error.valid_up_to());
            Err(broken(
                line,
                "not UTF-8 from this line on; save the file as UTF-8",
            ))
        }
    }
}

fn line_at(bytes: &[u8], at: usize) -> usize {
    1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count()
}

fn broken(line: usize, message: &str) -> Broken {
    Broken {
        line,
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, decode, read_from};

    fn check(bytes: &[u8], line: usize, message: &str) {
        let broken = decode(bytes).unwrap_err();
        assert_eq!(broken.line, line);
        assert!(broken.message.contains(message), "{}", broken.message);
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_line() {
        check(b"a: b\nc: \0\n", 2, "NUL byte");
        check(b"a: b\n\nc: \xe4\n", 3, "not UTF-8");
        check(b"\xff\xfea\0", 1, "UTF-16");
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        assert_eq!(decode("\u{feff}a: b".as_bytes()).unwrap(), "a: b");
    }

    #[test]
    fn no_more_than_the_limit_is_ever_read() {
        let bytes = read_from(std::io::repeat(b'#')).unwrap();
        assert_eq!(bytes.len() as u64, MAX_BYTES + 1);
        check(&bytes, 1, "larger than 16 MiB");
    }
}
