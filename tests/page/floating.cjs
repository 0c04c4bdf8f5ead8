// Lists the promises that nobody waits for and nobody attends to, and async functions given to what does not wait for
// them: what is thrown there would end as a line in the console that no reader of the page sees.
//
//     node floating.cjs TYPESCRIPT FILE...

const [compiler, ...files] = process.argv.slice(2);
const ts = require(compiler);
const DEAF = new Set(["addEventListener", "setInterval", "setTimeout"]); // what they call is not waited for
const options = { allowJs: true, checkJs: true, strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, moduleResolution: ts.ModuleResolutionKind.Bundler, lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"], types: [] };
const program = ts.createProgram(files, options);
const checker = program.getTypeChecker();

const isPromise = (node) => /(^|\| )Promise</.test(checker.typeToString(checker.getTypeAtLocation(node)));
const isCaught = (node) => ts.isCallExpression(node) && node.expression.name?.text === "catch";
const isKept = (node) => ts.isBinaryExpression(node); // in a variable, for whoever waits for it
const isAsync = (node) => (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) && node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword);
const givesPromise = (node) => checker.getTypeAtLocation(node).getCallSignatures().some((call) => /^Promise</.test(checker.typeToString(call.getReturnType())));

function floats(node) {
  if (ts.isExpressionStatement(node) || ts.isVoidExpression(node)) return isPromise(node.expression) && !isCaught(node.expression) && !isKept(node.expression);
  if (ts.isCallExpression(node) && DEAF.has((node.expression.name ?? node.expression).text)) return node.arguments.some((given) => isAsync(given) || givesPromise(given));
  if (ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node)) return /^on[a-z]+$/.test(node.name.text) && givesPromise(node.initializer ?? node.name);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken && ts.isPropertyAccessExpression(node.left)) return /^on[a-z]+$/.test(node.left.name.text) && givesPromise(node.right);
  return false;
}

function visit(node, source) {
  if (floats(node)) {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    console.log(`${source.fileName}:${line + 1}: ${node.getText().split("\n")[0]}`);
  }
  ts.forEachChild(node, (child) => visit(child, source));
}

for (const file of files) visit(program.getSourceFile(file), program.getSourceFile(file));
