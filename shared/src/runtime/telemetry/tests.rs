//! An event in, the written line out.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tracing_subscriber::filter::Targets;

use super::{Style, TelemetryError, init, style, subscriber};
use crate::runtime::args::{LogArgs, LogFormat};

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn line_of(filter: &str, style: Style) -> String {
    let written = Written::default();
    let writer = written.clone();
    let filter: Targets = filter.parse().unwrap();
    let subscriber = subscriber(filter, style, move || writer.clone());
    tracing::subscriber::with_default(subscriber, || {
        tracing::warn!(object = "search", "left out");
    });
    let bytes = written.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn auto_is_text_on_a_terminal_and_json_elsewhere() {
    let plain = Style::Text { colours: false };
    let coloured = Style::Text { colours: true };
    let check = |format, terminal, no_color, expected| {
        assert_eq!(
            style(format, terminal, no_color),
            expected,
            "{format:?} {terminal} {no_color}"
        );
    };
    check(LogFormat::Auto, true, false, coloured);
    check(LogFormat::Auto, true, true, plain);
    check(LogFormat::Auto, false, false, Style::Json);
    check(LogFormat::Text, true, false, coloured);
    check(LogFormat::Text, true, true, plain);
    check(LogFormat::Text, false, false, plain);
    check(LogFormat::Json, true, false, Style::Json);
    check(LogFormat::Json, false, true, Style::Json);
}

#[test]
fn a_json_line_is_one_object_with_its_fields_at_the_top() {
    let line = line_of("info", Style::Json);
    assert_eq!(line.matches('\n').count(), 1);
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["message"], "left out");
    assert_eq!(line["object"], "search");
    assert_eq!(line["target"], module_path!());
}

#[test]
fn a_text_line_has_escapes_only_in_colours() {
    let plain = line_of("info", Style::Text { colours: false });
    assert!(plain.ends_with("left out object=\"search\"\n"), "{plain}");
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    let coloured = line_of("info", Style::Text { colours: true });
    assert!(coloured.contains('\u{1b}'), "{coloured:?}");
}

#[test]
fn what_the_filter_excludes_is_not_written() {
    assert_eq!(line_of("error", Style::Json), "");
    assert_eq!(line_of("off", Style::Json), "");
}

/// The only test that may touch the process's own logging.
#[test]
fn a_second_set_up_is_an_error() {
    let args = LogArgs {
        log_filter: Targets::new(),
        log_format: LogFormat::Auto,
    };
    assert!(init(&args).is_ok());
    assert!(matches!(init(&args), Err(TelemetryError::AlreadySet(_))));
}
