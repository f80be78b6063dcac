//! The recent past of a number in a few columns. Knows no unit.

use crate::app::theme::Glyphs;

/// The newest samples, oldest first, as signs of rising height in exactly `columns`; missing ones are blank.
/// `top` is the value of full height; without it the greatest sample shown is. A sample that is no number is blank.
pub fn spark(samples: &[f64], columns: usize, top: Option<f64>, glyphs: &Glyphs) -> String {
    let shown = &samples[samples.len().saturating_sub(columns)..];
    let greatest = shown.iter().copied().filter(|sample| sample.is_finite()).fold(0.0, f64::max);
    let top = top.filter(|top| *top > 0.0).unwrap_or(greatest);
    let mut text = " ".repeat(columns - shown.len());
    text.extend(shown.iter().map(|sample| if sample.is_finite() { level(*sample, top, glyphs) } else { " " }));
    text
}

/// The sign for `sample` out of `top`; anything above nothing is told from nothing only by its colour, not its height.
fn level(sample: f64, top: f64, glyphs: &Glyphs) -> &'static str {
    let share = if top > 0.0 { (sample / top).clamp(0.0, 1.0) } else { 0.0 };
    // The product is in 0..=7.
    glyphs.levels[(share * 7.0).round() as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_samples_stand_at_the_right() {
        let spark = |samples: &[f64], top| spark(samples, 5, top, &Glyphs::UNICODE);
        assert_eq!(spark(&[0.0, 50.0, 100.0], Some(100.0)), "  ▁▅█");
        assert_eq!(spark(&[9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], None), "▄▅▆▇█");
        assert_eq!(spark(&[0.0, f64::NAN, 0.0], None), "  ▁ ▁");
        assert_eq!(spark(&[250.0], Some(100.0)), "    █");
        assert_eq!(super::spark(&[1.0, 2.0], 0, None, &Glyphs::UNICODE), "");
    }
}
