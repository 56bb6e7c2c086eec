use crate::commands::one_image::Finder;
use crate::commands::{Exit, Global, Host, OutputFormat, complain, print, print_json};
use crate::plan;
use crate::report::{Compared, diff_json, diff_text};
use crate::survey::{self, Inspected};

/// Show what differs between two images
///
/// Compares what kiln remembers of them, platform by platform: packages, lines of the Dockerfile, files, arguments, outside
/// images, parents and size. Nothing is pulled or built. Ends with 0, whether the images differ or not. Needs no engine.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln diff go:1.26 go:1.27\n  kiln diff @5d41402abc4b go:1.27\n  kiln diff docker.io/cimg/go:stable go:1.27 --format json"
)]
pub struct Args {
    /// The old image: a variant, which means its current image; a reference with its registry; or @ and a digest, which may
    /// be abbreviated
    old: String,
    /// The new image, in the same words
    new: String,
    /// The output format
    #[arg(long, value_enum, default_value = "text")]
    format: OutputFormat,
}

/// Runs `kiln diff`.
pub async fn run(args: Args, global: &Global, host: &Host) -> Exit {
    diff(&args, global, host).await.unwrap_or_else(|exit| exit)
}

async fn diff(args: &Args, global: &Global, host: &Host) -> Result<Exit, Exit> {
    global.refuse_set_without_effect("diff")?;
    let finder = Finder::load(global, host)?;
    let find = async |word: &str| recorded(word, finder.find(word, false).await?);
    let (old, new) = futures_util::try_join!(find(&args.old), find(&args.new))?;
    let details = survey::details_of_parts([&old, &new], &*finder.world.registry).await;
    let platforms = plan::diff(parts(&old), parts(&new), &details);
    let compared = Compared {
        old: &old,
        new: &new,
        platforms: &platforms,
    };
    match args.format {
        OutputFormat::Text => print(&diff_text(&compared)),
        OutputFormat::Json => print_json(&format!("{:#}\n", diff_json(&compared))),
    }
    Ok(Exit::Done)
}

/// An image without a record cannot be compared.
fn recorded(word: &str, found: Inspected) -> Result<Inspected, Exit> {
    if found.record.is_some() {
        return Ok(found);
    }
    complain(&format!(
        "{word} has no record: it was not made by kiln for this workspace, or its record was deleted\n  kiln compares only images that it has staged"
    ));
    Err(Exit::Failed)
}

fn parts(found: &Inspected) -> &[crate::memory::Part] {
    found
        .record
        .as_ref()
        .map_or(&[], |(_, record)| record.parts.as_slice())
}
