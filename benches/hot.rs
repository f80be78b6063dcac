//! What happens often or to many: facts, lists, frames and keys with ten thousand containers, a long log.
//! Knows no real engine and no terminal.
#![cfg(unix)]
#![allow(missing_docs, reason = "criterion's macros make items without any")]
#![allow(clippy::expect_used, reason = "a measurement that cannot begin has no other way to say so")]

mod support;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use crossterm::event::{KeyCode, KeyEvent};
use longshore::{
    app::{App, msg::Msg, theme::Theme},
    backend::feed::Connector,
    console::{Doors, options},
    model::{Change, Listing, LogBook, LogLine, State, Store, Stream},
    views::kit::logpane::{LogPane, LogRow},
};
use ratatui::{buffer::Buffer, layout::Rect};
use support::{Lister, app, containers, noon};

/// The number of containers that must be no burden.
const MANY: usize = 10_000;
/// Lines of a log that must be no burden.
const LINES: usize = 50_000;
/// A wide window.
const WINDOW: Rect = Rect { x: 0, y: 0, width: 200, height: 50 };

fn facts(bench: &mut Criterion) {
    let all = containers(MANY);
    let list = Change::Listed(Listing::Containers(all.clone()));
    let mut known = Store::default();
    known.apply(list.clone(), noon());
    bench.bench_function("store: take a list of 10,000", |b| {
        let fresh = || (Store::default(), list.clone());
        b.iter_batched(
            fresh,
            |(mut store, list)| {
                store.apply(list, noon());
                store
            },
            BatchSize::LargeInput,
        );
    });
    bench.bench_function("store: take one change among 10,000", |b| {
        let mut stopped = all[MANY / 2].clone();
        stopped.state = State::Exited(0);
        let change = Change::Container(Box::new(stopped));
        b.iter_batched(|| change.clone(), |change| known.apply(change, noon()), BatchSize::SmallInput);
    });
}

fn door(bench: &mut Criterion) {
    let lister = Lister::with(MANY);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let engine = runtime.block_on(Doors::new(options(), None).connect(&lister.endpoint())).expect("the lister answers");
    bench.bench_function("door: read a list of 10,000 over a socket", |b| {
        b.iter(|| {
            let all = runtime.block_on(engine.containers()).expect("a list");
            assert_eq!(all.len(), MANY);
            all
        });
    });
}

fn press(app: &mut App, key: KeyCode) {
    black_box(app.update(Msg::Key(KeyEvent::from(key)), noon()));
}

fn frame(app: &mut App, buffer: &mut Buffer) {
    buffer.reset();
    app.draw(WINDOW, buffer);
    black_box(app.after_draw());
}

fn frames(bench: &mut Criterion) {
    let mut buffer = Buffer::empty(WINDOW);
    let mut app = app(MANY);
    frame(&mut app, &mut buffer);
    assert!(buffer.content().iter().any(|cell| cell.symbol() == "9"), "there are rows");
    bench.bench_function("frame: draw with 10,000, nothing changed", |b| b.iter(|| frame(&mut app, &mut buffer)));
    bench.bench_function("frame: key down among 10,000", |b| {
        b.iter(|| {
            press(&mut app, KeyCode::Down);
            frame(&mut app, &mut buffer);
        });
    });
    bench.bench_function("frame: sort 10,000 by the next column", |b| {
        b.iter(|| {
            press(&mut app, KeyCode::Char('o'));
            frame(&mut app, &mut buffer);
        });
    });
    bench.bench_function("frame: type a filter of three letters over 10,000", |b| {
        b.iter(|| {
            for key in ['/', '4', '2', '7'] {
                press(&mut app, KeyCode::Char(key));
                frame(&mut app, &mut buffer);
            }
            press(&mut app, KeyCode::Esc);
            frame(&mut app, &mut buffer);
        });
    });
}

fn logs(bench: &mut Criterion) {
    let line = |nth: usize| LogLine {
        at: Some(noon()),
        stream: if nth.is_multiple_of(9) { Stream::Err } else { Stream::Out },
        text: format!("\x1b[32mINFO\x1b[0m request {nth} took {} ms on /berths/{}", nth % 97, nth % 40),
    };
    let (themes, _) = Theme::all(&[]);
    let theme = &themes[longshore::app::theme::DEFAULT];
    let mut book = LogBook::new(LINES);
    for nth in 0..LINES {
        book.push(line(nth));
    }
    let mut buffer = Buffer::empty(WINDOW);
    let pane = LogPane { end: LINES, stamps: true, wrap: true, left: 0, find: None, current: None };
    bench.bench_function("log: draw the end of 50,000 lines", |b| {
        b.iter(|| {
            buffer.reset();
            pane.draw(WINDOW, &mut buffer, theme, |nth| {
                book.get(nth)
                    .map(|line| LogRow { text: line.text.as_str().into(), ..LogRow::default() })
                    .unwrap_or_default()
            })
        });
    });
    bench.bench_function("log: one more line in a full book", |b| {
        b.iter_batched(|| line(7), |line| book.push(line), BatchSize::SmallInput);
    });
}

criterion_group! {
    name = hot;
    config = Criterion::default().sample_size(20);
    targets = facts, door, frames, logs
}
criterion_main!(hot);
