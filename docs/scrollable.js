// Makes code and tables that scroll reachable by keyboard in every browser: WebKit does not do so itself.
(() => {
  const parts = document.querySelectorAll("main pre > code, main .table-wrapper, main pre.mermaid");
  const update = () => {
    for (const part of parts) {
      if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
      else part.removeAttribute("tabindex");
    }
  };
  const observer = new ResizeObserver(update);
  parts.forEach((part) => observer.observe(part));
})();
