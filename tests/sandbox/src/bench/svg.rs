//! The few SVG elements that a bar chart needs.

use std::fmt::Write;

/// A drawing that grows by elements; classes, not attributes, give their looks.
#[derive(Debug, Default)]
pub(super) struct Drawing(String);

/// How a text lies to its place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

impl Drawing {
    /// A filled rectangle.
    pub(super) fn rectangle(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64) {
        let numbers = format!(r#"x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}""#);
        self.element(&format!(r#"<rect class="{class}" {numbers}/>"#));
    }

    /// A straight line.
    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let numbers = format!(r#"x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}""#, from.0, from.1, to.0, to.1);
        self.element(&format!(r#"<line class="{class}" {numbers}/>"#));
    }

    /// One line of text on a baseline.
    pub(super) fn text(&mut self, class: &str, anchor: Anchor, x: f64, y: f64, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escape(text);
        self.element(&format!(r#"<text class="{class}" text-anchor="{anchor}" x="{x:.1}" y="{y:.1}">{text}</text>"#));
    }

    /// The whole file. `title` and `description` are for those who do not see it.
    pub(super) fn finish(&self, width: f64, height: f64, style: &str, title: &str, description: &str) -> String {
        let (title, description) = (escape(title), escape(description));
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" width="{width:.0}" height="{height:.0}" role="img">
<title>{title}</title>
<desc>{description}</desc>
<style>{style}</style>
{}</svg>
"#,
            self.0
        )
    }

    fn element(&mut self, element: &str) {
        // Writing to a string never fails.
        let _ = writeln!(self.0, "{element}");
    }
}

/// Text as XML takes it.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML 1.0 has no way to write these.
            character if character.is_control() => escaped.push(' '),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_place() {
        assert_eq!(escape("a<b> & \"c\"\u{0}d é"), "a&lt;b&gt; &amp; &quot;c&quot; d é");
    }

    #[test]
    fn a_drawing_is_one_svg_element() {
        let mut drawing = Drawing::default();
        drawing.rectangle("bar", 1.0, 2.0, 3.04, 4.0);
        drawing.text("label", Anchor::End, 5.0, 6.0, "<x>");
        let svg = drawing.finish(10.0, 20.0, "", "t", "d");
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
        assert!(svg.contains(r#"<rect class="bar" x="1.0" y="2.0" width="3.0" height="4.0"/>"#), "{svg}");
        assert!(svg.contains(r">&lt;x&gt;</text>"), "{svg}");
    }
}
