// Languages of the book that mdBook's highlight.js does not know. .ci/build-book appends this file to it.
hljs.registerLanguage("dockerfile", (hljs) => ({
  keywords: "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL RUN SHELL USER VOLUME WORKDIR",
  contains: [hljs.HASH_COMMENT_MODE, hljs.APOS_STRING_MODE, hljs.QUOTE_STRING_MODE],
}));
hljs.registerLanguage("hcl", (hljs) => ({
  aliases: ["terraform", "tf"],
  keywords: {
    keyword: "check data ephemeral import locals module moved output provider removed resource terraform variable",
    literal: "false null true",
  },
  contains: [
    hljs.HASH_COMMENT_MODE,
    hljs.C_LINE_COMMENT_MODE,
    hljs.C_BLOCK_COMMENT_MODE,
    hljs.NUMBER_MODE,
    {
      className: "string",
      begin: '"',
      end: '"',
      contains: [hljs.BACKSLASH_ESCAPE, { className: "subst", begin: /\$\{/, end: /\}/ }],
    },
    { className: "attr", begin: /^\s*[\w-]+(?=\s*=)/ },
  ],
}));
