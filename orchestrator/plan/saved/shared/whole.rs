//! Reads a value whose shared parts are written once, in bounded memory: the file may have been made by hand.

use super::{MARK, is_marked};
use serde_json::{Map, Value};

/// The most memory that a value may need, about: in bytes.
const LARGEST: usize = 1024 * 1024 * 1024;

/// The deepest value.
const DEEPEST: usize = 100;

/// Roughly what each part of a value takes in memory besides its text, in bytes.
const EACH: usize = 48;

/// The value with everything that is shared in its places.
///
/// # Errors
/// It names a part that does not come before it, or is too large.
pub(in crate::plan::saved) fn whole(table: Value, value: Value) -> Result<Value, String> {
    let Value::Array(table) = table else {
        return Err("`shared` is not a list".into());
    };
    let mut reading = Reading::default();
    for part in table {
        let one = reading.read(part, 0)?;
        reading.table.push(one);
    }
    Ok(reading.read(value, 0)?.value)
}

/// A value that was read.
#[derive(Clone)]
struct Read {
    value: Value,
    /// How deep it is.
    depth: usize,
    /// About what it takes in memory.
    size: usize,
}

#[derive(Default)]
struct Reading {
    table: Vec<Read>,
    size: usize,
}

impl Reading {
    /// A part at this depth. Recursion ends, since the reader of JSON has a limit of its own.
    fn read(&mut self, value: Value, at: usize) -> Result<Read, String> {
        match value {
            Value::Object(mut map) if is_marked(&map) => match map.remove(MARK) {
                Some(Value::Object(own)) => self.object(own, at),
                Some(Value::Array(lines)) => self.text(lines),
                Some(place) => self.shared(&place, at),
                None => Err("a mark without a value".into()),
            },
            Value::Object(map) => self.object(map, at),
            Value::Array(list) => {
                let (mut all, mut depth, mut size) = (Vec::with_capacity(list.len()), 0, EACH);
                for one in list {
                    let one = self.read(one, at + 1)?;
                    depth = depth.max(one.depth);
                    size += one.size;
                    all.push(one.value);
                }
                let value = Value::Array(all);
                let depth = depth + 1;
                self.counted(Read { value, depth, size }, EACH)
            }
            Value::String(text) => {
                let size = EACH + text.len();
                let value = Value::String(text);
                let depth = 1;
                self.counted(Read { value, depth, size }, size)
            }
            value => self.counted(
                Read {
                    value,
                    depth: 1,
                    size: EACH,
                },
                EACH,
            ),
        }
    }

    fn object(&mut self, map: Map<String, Value>, at: usize) -> Result<Read, String> {
        let (mut all, mut depth, mut own, mut size) = (Map::new(), 0, EACH, 0);
        for (name, one) in map {
            let one = self.read(one, at + 1)?;
            depth = depth.max(one.depth);
            own += EACH + name.len();
            size += one.size;
            all.insert(name, one.value);
        }
        let (value, depth, size) = (Value::Object(all), depth + 1, size + own);
        self.counted(Read { value, depth, size }, own)
    }

    fn text(&mut self, lines: Vec<Value>) -> Result<Read, String> {
        let mut text = String::new();
        for (at, line) in lines.into_iter().enumerate() {
            if at > 0 {
                text.push('\n');
            }
            match &line {
                Value::String(line) => text.push_str(line),
                place => match self.part(place)?.value.as_str() {
                    Some(line) => text.push_str(line),
                    None => return Err("a line that is not a text".into()),
                },
            }
            self.check(text.len())?;
        }
        let size = EACH + text.len();
        let value = Value::String(text);
        let depth = 1;
        self.counted(Read { value, depth, size }, size)
    }

    fn shared(&mut self, place: &Value, at: usize) -> Result<Read, String> {
        let part = self.part(place)?;
        let (depth, size) = (part.depth, part.size);
        if at + depth > DEEPEST {
            return Err(format!("it is nested more than {DEEPEST} deep"));
        }
        // Before it is copied.
        self.check(size)?;
        let part = self.part(place)?.clone();
        self.counted(part, size)
    }

    fn part(&self, place: &Value) -> Result<&Read, String> {
        let place = place.as_u64().and_then(|place| usize::try_from(place).ok());
        let part = place.and_then(|place| self.table.get(place));
        part.ok_or_else(|| "it names a shared part that does not come before".into())
    }

    /// Counts what a part adds.
    fn counted(&mut self, read: Read, added: usize) -> Result<Read, String> {
        self.check(added)?;
        if read.depth > DEEPEST {
            return Err(format!("it is nested more than {DEEPEST} deep"));
        }
        self.size += added;
        Ok(read)
    }

    fn check(&self, more: usize) -> Result<(), String> {
        match self.size.saturating_add(more) > LARGEST {
            true => Err(format!("it needs more than {} MiB", LARGEST >> 20)),
            false => Ok(()),
        }
    }
}
