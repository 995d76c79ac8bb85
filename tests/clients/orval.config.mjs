export default {
  holdfast: {
    input: "./schema.yml",
    output: {
      target: "./generated/orval/holdfast.ts",
      client: "fetch",
      mode: "single",
      override: { mutator: { path: "./programs/send.ts", name: "send", extension: ".js" } },
    },
  },
};
