//! Finds the line of a field in the text it was read from. Reads the text again for it: findings are
//! few, and a line for every field of 5,000 objects would weigh more than the objects.

use serde_saphyr::granit_parser::{Event, Parser, Span, StrInput};

use super::documents::events;
use crate::registry::admit::path::{Segment, segments};

/// The line of the field at `path` in document `index` of `text`: that of its key, or of the nearest
/// thing around it that is there. `None` where the text has no such document.
pub(super) fn line_of(text: &str, index: usize, path: &str) -> Option<usize> {
    let mut parser = events(text);
    let mut starts = 0;
    loop {
        if let (Event::DocumentStart(..), _) = next(&mut parser)? {
            if starts == index {
                let (event, span) = next(&mut parser)?;
                let line = span.start.line();
                return Some(descend(&mut parser, &event, &segments(path), line));
            }
            starts += 1;
        }
    }
}

fn next<'t>(parser: &mut Parser<'t, StrInput<'t>>) -> Option<(Event<'t>, Span)> {
    parser.next_event()?.ok()
}

/// Walks from the node that `event` starts, which `line` stands for, along `path`.
fn descend<'t>(
    parser: &mut Parser<'t, StrInput<'t>>,
    event: &Event<'t>,
    path: &[Segment],
    line: usize,
) -> usize {
    let Some((step, rest)) = path.split_first() else {
        return line;
    };
    let found = match (event, step) {
        (Event::MappingStart(..), Segment::Key(wanted)) => value_of(parser, wanted),
        (Event::SequenceStart(..), Segment::Index(wanted)) => nth(parser, *wanted),
        _ => None,
    };
    match found {
        Some((inner, inner_line)) => descend(parser, &inner, rest, inner_line),
        None => line,
    }
}

/// The first event of the value of `wanted`, and the line of the key.
fn value_of<'t>(parser: &mut Parser<'t, StrInput<'t>>, wanted: &str) -> Option<(Event<'t>, usize)> {
    loop {
        let (key, span) = next(parser)?;
        if key == Event::MappingEnd {
            return None;
        }
        let found = matches!(&key, Event::Scalar(text, ..) if text == wanted);
        skip(parser, &key)?;
        let (value, _) = next(parser)?;
        if found {
            return Some((value, span.start.line()));
        }
        skip(parser, &value)?;
    }
}

fn nth<'t>(parser: &mut Parser<'t, StrInput<'t>>, wanted: usize) -> Option<(Event<'t>, usize)> {
    for _ in 0..wanted {
        let (item, _) = next(parser)?;
        if item == Event::SequenceEnd {
            return None;
        }
        skip(parser, &item)?;
    }
    let (item, span) = next(parser)?;
    (item != Event::SequenceEnd).then(|| (item, span.start.line()))
}

/// Reads on to the end of the node that `first` starts.
fn skip<'t>(parser: &mut Parser<'t, StrInput<'t>>, first: &Event<'t>) -> Option<()> {
    let mut depth = depth_change(first);
    while depth > 0 {
        let (event, _) = next(parser)?;
        depth += depth_change(&event);
    }
    Some(())
}

fn depth_change(event: &Event<'_>) -> i64 {
    match event {
        Event::SequenceStart(..) | Event::MappingStart(..) => 1,
        Event::SequenceEnd | Event::MappingEnd => -1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::line_of;

    const TEXT: &str = "# a comment\n---\n---\nkind: MCPTool\nmetadata:\n  labels: {\"a.b/c\": x}\nspec:\n  \
        parameters:\n  - name: one\n  -\n    name: two\n    in: body\n  ? complex\n  : {a: [1, 2,\n   3]}\n";

    fn check(path: &str, line: usize) {
        assert_eq!(line_of(TEXT, 1, path), Some(line), "{path}");
    }

    #[test]
    fn a_field_is_found_at_its_key_and_an_item_at_its_start() {
        check("", 4);
        check("kind", 4);
        check("metadata.labels[\"a.b/c\"]", 6);
        check("spec.parameters", 8);
        check("spec.parameters[0].name", 9);
        check("spec.parameters[1].in", 12);
        check("spec.complex.a[2]", 15);
    }

    #[test]
    fn what_is_not_there_is_found_at_what_would_hold_it() {
        check("spec.service.port", 7);
        check("spec.parameters[1].as", 11);
        check("spec.parameters[7].as", 8);
        check("kind.of.what", 4);
        assert_eq!(line_of(TEXT, 9, "kind"), None);
    }
}
