//! Server-sent events (HTML standard §9.2.6), reading side: bytes in any pieces, whole events out.
//! Only `data` and `event` are kept; ids and retry times mean nothing to a single answer.

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `event`, `message` where none was given.
    pub name: String,
    /// `data`, its lines joined by newlines.
    pub data: String,
}

/// An event is longer than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is longer than {0} bytes")]
pub struct TooLong(pub usize);

/// Puts events together.
#[derive(Debug)]
pub struct EventReader {
    /// A line that has no end yet.
    line: Vec<u8>,
    /// The last byte was a carriage return, so a line feed that follows belongs to it.
    after_return: bool,
    /// Nothing has been read yet, so a byte order mark may come.
    at_start: bool,
    name: String,
    data: Option<String>,
    limit: usize,
}

impl EventReader {
    /// A reader for events of at most `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            line: Vec::new(),
            after_return: false,
            at_start: true,
            name: String::new(),
            data: None,
            limit,
        }
    }

    /// Reads more bytes and appends the events that they complete.
    ///
    /// # Errors
    /// Where an event grows past the limit; the reader is of no use after that.
    pub fn read(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), TooLong> {
        for &byte in bytes {
            let follows_return = std::mem::replace(&mut self.after_return, byte == b'\r');
            match byte {
                b'\n' if follows_return => {}
                b'\n' | b'\r' => self.end_line(events),
                _ => self.line.push(byte),
            }
            if self.line.len() + self.data.as_ref().map_or(0, String::len) > self.limit {
                return Err(TooLong(self.limit));
            }
        }
        Ok(())
    }

    fn end_line(&mut self, events: &mut Vec<Event>) {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let line = match std::mem::take(&mut self.at_start) {
            true => line.strip_prefix('\u{feff}').unwrap_or(&line),
            false => &line,
        };
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            if let Some(data) = self.data.take() {
                let name = if name.is_empty() {
                    "message".to_owned()
                } else {
                    name
                };
                events.push(Event { name, data });
            }
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            "event" => value.clone_into(&mut self.name),
            // Comments begin with a colon, so their field is empty.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
