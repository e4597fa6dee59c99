// Replaces mdbook-mermaid's file of this name, which reloads the page when the reader chooses a theme, and does not notice that
// "Auto" or the system changed it.
(() => {
  const page = document.documentElement;
  const diagrams = [...document.querySelectorAll("pre.mermaid")];
  const sources = diagrams.map((diagram) => diagram.textContent);
  let drawn;

  const theme = () => (["ayu", "coal", "navy"].some((name) => page.classList.contains(name)) ? "dark" : "default");

  async function draw() {
    if (theme() === drawn) return;
    drawn = theme();
    // The dark theme's own background has too little contrast with the labels of arrows.
    const themeVariables = drawn === "dark" ? { edgeLabelBackground: "#2b2e3b" } : {};
    mermaid.initialize({ startOnLoad: false, theme: drawn, themeVariables });
    diagrams.forEach((diagram, index) => {
      diagram.removeAttribute("data-processed");
      diagram.textContent = sources[index];
    });
    await mermaid.run({ nodes: diagrams });
    for (const { style } of document.querySelectorAll("pre.mermaid > svg")) {
      // Mermaid shrinks a diagram to the page's width. On a phone the text would be too small: scroll instead.
      style.minWidth = `min(${style.maxWidth}, 40rem)`;
    }
  }

  let queue = Promise.resolve();
  const redraw = () => {
    queue = queue.then(draw).catch((error) => console.error(error));
  };
  if (diagrams.length > 0) {
    redraw();
    new MutationObserver(redraw).observe(page, { attributeFilter: ["class"] });
  }
})();
