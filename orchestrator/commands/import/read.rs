//! Reads the files to import.

use super::call::Call;
use super::{Args, Failure};
use crate::import::Input;
use crate::text::Sources;
use crate::text::kdl::LARGEST_FILE;
use std::io::{self, Read};
use std::path::Path;

/// The files of the command line with their texts.
pub(super) struct Texts {
    pub call: Call,
    /// In the order of the paths.
    texts: Vec<String>,
    /// By file, what the image or the workspace is called after it.
    names: Vec<String>,
}

impl Texts {
    /// Reads the files.
    ///
    /// # Errors
    /// The command line is wrong, or a file cannot be read.
    pub fn new(args: &Args) -> Result<Self, Failure> {
        let call = Call::new(args).map_err(Failure::Wrong)?;
        let texts = call.paths.iter().map(|path| text(path));
        let texts = texts.collect::<Result<_, _>>().map_err(Failure::Wrong)?;
        let names = match &args.name {
            Some(name) => vec![name.clone(); call.paths.len()],
            None => call.names(args.format),
        };
        Ok(Self { names, texts, call })
    }

    /// The texts as sources of diagnostics.
    pub fn inputs(&self, sources: &mut Sources) -> Vec<Input<'_>> {
        let all = self.call.paths.iter().zip(&self.texts).zip(&self.names);
        all.map(|((path, text), name)| Input {
            source: sources.add(path.display().to_string(), text.as_str()),
            text,
            name,
        })
        .collect()
    }
}

/// The text of a file; `Err` is what is wrong with it.
fn text(path: &Path) -> Result<String, String> {
    let shown = path.display();
    if path.is_dir() {
        return Err(format!(
            "{shown} is a folder\n  name the file in it that describes the images, such as {shown}/golang"
        ));
    }
    // A pipe may have no end: reading one could block forever.
    if path != Path::new("-") && path.metadata().is_ok_and(|file| !file.is_file()) {
        return Err(format!(
            "{shown} is not a regular file\n  write its content to a file, or pass it as standard input, with - as the file"
        ));
    }
    let bytes = read(path).map_err(|why| format!("{shown} cannot be read: {why}"))?;
    // A file that was cut at the size limit may be cut within a character; it is refused for its size.
    let text = match String::from_utf8(bytes) {
        Err(odd) if odd.as_bytes().len() > LARGEST_FILE => {
            String::from_utf8_lossy(odd.as_bytes()).into_owned()
        }
        other => other.map_err(|odd| {
            let from = encoding(odd.as_bytes());
            format!("{shown} is not UTF-8 text\n  convert it first: `iconv -f {from} -t utf-8 {shown} > NEW`")
        })?,
    };
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// The likely encoding of a text that is not UTF-8, as iconv calls it.
fn encoding(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "utf-16",
        [_, 0, ..] => "utf-16le",
        [0, ..] => "utf-16be",
        _ => "latin1",
    }
}

/// Reads the file, at most one byte more than the size limit.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = LARGEST_FILE as u64 + 1;
    if path == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(path)?
            .take(most)
            .read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
