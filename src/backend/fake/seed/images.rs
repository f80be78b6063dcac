//! The images of the shop: two chains on one base, one image nobody names any more. Knows no containers.

use chrono::TimeDelta;

use super::super::world::{Picture, Step, World, digest};
use crate::model::{Bytes, Image, ImageId};

/// Names of the shop's images.
pub(super) const NGINX: &str = "nginx:1.27";
pub(super) const POSTGRES: &str = "postgres:17";
pub(super) const APP: &str = "app:dev";

pub(super) fn add(world: &mut World) {
    let debian = layer("debian.sh --arch 'amd64' out/ 'bookworm'", 74);
    let nginx = [
        debian.clone(),
        config("ENV NGINX_VERSION=1.27.3"),
        layer("RUN apt-get install -y nginx", 112),
        layer("COPY 30-tune-worker-processes.sh /docker-entrypoint.d", 1),
        config("CMD [\"nginx\" \"-g\" \"daemon off;\"]"),
    ];
    let postgres = [debian.clone(), layer("RUN apt-get install -y postgresql-17", 341), config("CMD [\"postgres\"]")];
    let node = layer("RUN install-node 22", 160);
    let app = [debian.clone(), node.clone(), layer("COPY . /app", 48), config("CMD [\"node\" \"server.js\"]")];
    let old_app = [debian, node, layer("COPY . /app # the day before", 47), config("CMD [\"node\" \"server.js\"]")];
    image(world, &[NGINX, "nginx:latest"], 40, &nginx);
    image(world, &[POSTGRES], 33, &postgres);
    image(world, &[APP], 1, &app);
    image(world, &[], 2, &old_app);
    image(world, &["hello-world:latest"], 900, &[layer("COPY hello / # buildkit", 0), config("CMD [\"/hello\"]")]);
}

/// Adds an image that was made so many days ago.
pub(super) fn image(world: &mut World, tags: &[&str], days: i64, steps: &[Step]) -> ImageId {
    let seed: Vec<_> = steps.iter().map(|step| step.by.as_str()).collect();
    let id = ImageId::new(format!("sha256:{}", digest(&seed.join("\n"))));
    let digests = tags.iter().take(1).map(|tag| {
        let repository = tag.rsplit_once(':').map_or(*tag, |(repository, _)| repository);
        format!("{repository}@sha256:{}", digest(&format!("manifest {tag}")))
    });
    let image = Image {
        id: id.clone(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        digests: digests.collect(),
        size: Bytes(steps.iter().map(|step| step.size).sum()),
        unique: None,
        created: world.now - TimeDelta::days(days),
        layers: steps.iter().filter_map(|step| step.diff.clone()).collect(),
        platform: Some("linux/amd64".to_owned()),
        containers: 0,
        parent: None,
    };
    world.images.insert(id.clone(), Picture { image, steps: steps.to_vec() });
    id
}

/// A step that adds so many MiB of files.
pub(super) fn layer(by: &str, mib: u64) -> Step {
    Step { by: by.to_owned(), size: mib << 20, diff: Some(format!("sha256:{}", digest(by))) }
}

fn config(by: &str) -> Step {
    Step { by: by.to_owned(), size: 0, diff: None }
}
