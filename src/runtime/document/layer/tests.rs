use std::{convert::Infallible, fs};

use serde_json::json;

use super::{store::read, *};

/// Layers of Docker as their folders are called.
const BASE: &str = "65bf96e5760a09edf1790cb229e2dfb2dbd0fcdc0bf7451bae099106bfbfea0c";

#[test]
fn layers_are_told_the_nearest_first_by_the_guid_of_their_folders_name() {
    let guids = [
        ("4", "bd9c3ef9-f239-59b5-a27e-15c523b1d149"),
        ("341", "0d547392-ef7c-5dab-a837-7949ac84eb7e"),
        (BASE, "18955d65-d45a-557b-bf1c-49d6dfefc526"),
    ];
    let windows = |name: &str| {
        let known = guids.iter().find(|(known, _)| *known == name).expect("a name that Windows was asked for");
        Ok::<_, Infallible>(known.1.parse::<Guid>().unwrap())
    };
    let lowest_first = [format!(r"C:\ls\{BASE}"), r"C:\ls\341\".into(), r"C:\ls\4".into()].map(PathBuf::from);
    let Ok(data) = LayerData::of(&lowest_first, windows);
    let expected = json!({"SchemaVersion": {"Major": 2, "Minor": 1}, "Layers": [
        {"Id": "bd9c3ef9-f239-59b5-a27e-15c523b1d149", "Path": r"C:\ls\4"},
        {"Id": "0d547392-ef7c-5dab-a837-7949ac84eb7e", "Path": r"C:\ls\341\"},
        {"Id": "18955d65-d45a-557b-bf1c-49d6dfefc526", "Path": format!(r"C:\ls\{BASE}")}]});
    assert_eq!(serde_json::to_value(&data).unwrap(), expected);
    assert_eq!(data.layers()[0].path, r"C:\ls\4");
}

#[test]
fn a_chain_names_the_nearest_first() {
    let lowest_first = [r"C:\ls\a", r"C:\ls\b"].map(PathBuf::from);
    let text = chain(&lowest_first).unwrap();
    assert_eq!(text, r#"["C:\\ls\\b","C:\\ls\\a"]"#);
    assert_eq!(chain_of(&text).unwrap(), lowest_first);
    assert!(chain_of("null").unwrap().is_empty());
    assert!(chain_of("{}").is_err() && chain_of("[1]").is_err());
}

#[test]
fn a_mount_is_taken_back_in_reverse_and_keeps_the_disk() {
    let (base, folder) = (Path::new("base"), Path::new("web"));
    let steps = mount(base, folder);
    let copy = Mount::Copy { from: base.join("blank.vhdx"), to: folder.join("sandbox.vhdx") };
    let web = || folder.to_owned();
    assert_eq!(steps, [copy, Mount::Activate(web()), Mount::Prepare(web()), Mount::Path(web())]);
    let undone = |steps: &[Mount]| steps.iter().rev().filter_map(Mount::undo).collect::<Vec<_>>();
    assert_eq!(undone(&steps), Mount::unmount(folder));
    // `PrepareLayer` has failed.
    assert_eq!(undone(&steps[..2]), [Mount::Deactivate(web())]);
    assert_eq!(undone(&steps[..1]), []);
}

#[test]
fn a_volume_ends_with_a_backslash() {
    let volume = r"\\?\Volume{11112222-3333-4444-5555-666677778888}";
    assert_eq!(super::volume(volume), format!("{volume}\\"));
    assert_eq!(super::volume(&super::volume(volume)), format!("{volume}\\"));
}

#[test]
fn dockers_layers_are_read_from_their_folders() {
    let room = tempfile::tempdir().unwrap();
    let layer = |name: &str, chain: Option<&str>| {
        let folder = room.path().join(name);
        fs::create_dir_all(folder.join("Files")).unwrap();
        if let Some(chain) = chain {
            fs::write(folder.join(CHAIN), chain).unwrap();
        }
        folder
    };
    let base = layer(BASE, None);
    fs::create_dir_all(base.join("UtilityVM/Files")).unwrap();
    layer("aa", Some(&format!(r#"["C:\\ProgramData\\docker\\windowsfilter\\{BASE}"]"#)));
    layer("ring", Some(r#"["C:\\x\\ring"]"#));
    layer("broken", Some("]"));
    layer("cc-removing", None);
    fs::create_dir(room.path().join("no layer")).unwrap();
    let scratch = room.path().join("bb");
    fs::create_dir(&scratch).unwrap();
    fs::write(scratch.join(SCRATCH), [0; 4096]).unwrap();
    fs::write(scratch.join(CHAIN), format!(r#"["D:\\w\\aa","D:\\w\\{BASE}"]"#)).unwrap();

    let layers = read(Keeper::Docker, room.path()).unwrap();
    let told: Vec<_> = layers
        .iter()
        .map(|layer| (layer.name.as_str(), layer.below.as_ref().map(Vec::len), layer.scratch, layer.children))
        .collect();
    let expected = [
        (BASE, Some(0), None, 1),
        ("aa", Some(1), None, 1),
        ("bb", Some(2), Some(4096), 0),
        ("broken", None, None, 0),
        ("ring", None, None, 0),
    ];
    assert_eq!(told, expected);
    assert!(layers[0].has_utility_vm && !layers[1].has_utility_vm);
}

#[test]
fn containerds_layers_are_read_without_what_is_below_them() {
    let room = tempfile::tempdir().unwrap();
    let root = room.path().join("containerd/root/io.containerd.snapshotter.v1.windows");
    for name in ["1", "2", "rm-3"] {
        fs::create_dir_all(root.join("snapshots").join(name).join("Files")).unwrap();
    }
    // There is no Docker beside it.
    let layers = kept_by_others(room.path());
    assert_eq!(layers, read(Keeper::Containerd, &root).unwrap());
    assert_eq!(layers.iter().map(|layer| layer.name.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    assert!(layers.iter().all(|layer| layer.below.is_none()));
    assert!(read(Keeper::Docker, &room.path().join("nowhere")).is_err());
}
