//! Text broken into lines, by columns of the terminal. Must not know where they are drawn.

use super::text::{head, width};

/// A text broken at blanks into lines of at most `columns`, one at least. A word that is longer than a line goes on in
/// the next rather than being lost: ids, paths, references.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = vec![String::new()];
    for (index, word) in text.split(' ').enumerate() {
        let gap = usize::from(index > 0 && lines.last().is_some_and(|line| !line.is_empty()));
        match lines.last_mut() {
            Some(last) if gap == 0 || width(last) + gap + width(word) <= columns => {
                last.push_str(&" "[..gap]);
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
        break_last(&mut lines, columns);
    }
    lines
}

/// Breaks the last line until it fits.
fn break_last(lines: &mut Vec<String>, columns: usize) {
    while let Some(last) = lines.last_mut().filter(|last| width(last) > columns) {
        let fits = head(last, columns).len();
        // A character that is wider than a line stands alone in it.
        let at = if fits > 0 { fits } else { last.chars().next().map_or(0, char::len_utf8) };
        let rest = last.split_off(at);
        if rest.is_empty() {
            return;
        }
        lines.push(rest);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_broken_at_blanks_and_long_words_where_the_line_ends() {
        assert_eq!(wrap("cannot pull `a/b:1`", 11), ["cannot pull", "`a/b:1`"]);
        assert_eq!(wrap("id 0123456789abcdef x", 8), ["id", "01234567", "89abcdef", "x"]);
        assert_eq!(wrap("容器容器", 3), ["容", "器", "容", "器"]);
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("  indented", 20), ["indented"]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_too_wide(text in "[a-z容 ]{0,40}", columns in 2usize..20) {
            let lines = wrap(&text, columns);
            prop_assert!(lines.iter().all(|line| width(line) <= columns), "{lines:?}");
            let letters = |text: &str| text.replace(' ', "");
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
