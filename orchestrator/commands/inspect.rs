use crate::check;
use crate::commands::one_image::Finder;
use crate::commands::world::exit;
use crate::commands::{Exit, Global, Host, OutputFormat, print, print_json};
use crate::line::Ready;
use crate::manifest::Proof;
use crate::name::Platform;
use crate::report::{Titles, inspected_json, inspected_text};
use crate::survey;

/// Show what kiln remembers of one image
///
/// Reads the record of an image from the staging repository of the workspace: for which variants it was made and from what,
/// when and from which commit it was built, which checks it passed, and for each public tag that was moved to it when and
/// by which commit that was, and what the tag named before. Needs no engine.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln inspect go:1.27.0\n  kiln inspect 'go[version=1.27.0]'\n  kiln inspect docker.io/cimg/go:1.27\n  kiln inspect @5d41402abc4b --details\n  kiln inspect go:1.27.0 --sbom > go.spdx.json\n  kiln inspect go:1.27.0 --provenance --platform linux/arm64\n  kiln inspect go:1.27.0 --format json"
)]
pub struct Args {
    /// A variant as in `kiln why`, which means its current image; a reference with its registry, which means what that has
    /// now; or @ and a digest, which may be abbreviated
    #[arg(value_name = "IMAGE")]
    name: String,
    /// Show also the Dockerfile, the arguments and the files that it was made from
    #[arg(long)]
    details: bool,
    /// Print its SBOM, a document in SPDX 2.3, and nothing else
    #[arg(long, group = "proof", conflicts_with_all = ["details", "format"])]
    sbom: bool,
    /// Print its provenance, an in-toto statement with a SLSA predicate, and nothing else
    #[arg(long, group = "proof", conflicts_with_all = ["details", "format"])]
    provenance: bool,
    /// Of an image with several platforms, print the SBOM or provenance of this one only [default: one after another]
    #[arg(long, requires = "proof")]
    platform: Option<Platform>,
    /// The output format
    #[arg(long, value_enum, default_value = "text")]
    format: OutputFormat,
}

impl Args {
    /// The proof that is printed instead of the record.
    fn proof(&self) -> Option<Proof> {
        match (self.sbom, self.provenance) {
            (true, _) => Some(Proof::Sbom),
            (_, true) => Some(Proof::Provenance),
            _ => None,
        }
    }
}

/// Runs `kiln inspect`.
pub async fn run(args: Args, global: &Global, host: &Host) -> Exit {
    match inspect(&args, global, host).await {
        Ok(exit) | Err(exit) => exit,
    }
}

async fn inspect(args: &Args, global: &Global, host: &Host) -> Result<Exit, Exit> {
    global.refuse_set_without_effect("inspect")?;
    let finder = Finder::load(global, host)?;
    let found = finder.find(&args.name, args.details).await?;
    if let Some(proof) = args.proof() {
        let platform = args.platform.as_ref();
        let registry = &*finder.world.registry;
        let documents = survey::proofs(&args.name, &found, platform, proof, registry).await;
        for document in documents.map_err(|why| exit(&why))? {
            let text = String::from_utf8_lossy(&document);
            print_json(&format!("{}\n", text.trim_end()));
        }
        return Ok(Exit::Done);
    }
    let titles = titles(&finder.ready);
    match args.format {
        OutputFormat::Text => print(&inspected_text(&found, &titles)),
        OutputFormat::Json => print_json(&format!("{:#}\n", inspected_json(&found, &titles))),
    }
    Ok(Exit::Done)
}

fn titles(ready: &Ready) -> Titles {
    let checks = ready.fleet.variants.iter().flat_map(|v| v.checks.iter());
    checks
        .map(|one| (check::id(one), one.title.clone()))
        .collect()
}
