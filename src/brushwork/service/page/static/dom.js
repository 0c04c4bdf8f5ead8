// Elements from values. Text becomes text nodes and attributes are set one by one: markup in a file name, a prompt or
// a metadata field can never become markup of the page.

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Node | string | number | null | undefined | false | any[]} Child any depth of lists of the same */
/** @typedef {Record<string, string | number | boolean | null | undefined | EventListener>} Attributes */

/**
 * An HTML element. `onclick` and its like take a function; true sets an empty attribute; false and null set none.
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/**
 * An SVG element, by the same rules.
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function s(tag, attributes = {}, ...children) {
  return fill(/** @type {SVGElement} */ (document.createElementNS(SVG, tag)), attributes, children);
}

/**
 * A drawing of `icons.svg`, which says nothing that the text beside it does not say.
 * @param {string} name
 * @param {string} className
 */
export function icon(name, className) {
  const drawing = s("use", { href: `/static/icons.svg#${name}` });
  return s("svg", { class: className, "aria-hidden": "true", focusable: "false" }, drawing);
}

/**
 * The element of the shell with this id, which the server always renders.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page lacks #${id}`);
  return found;
}

/**
 * Replace what is in `box`; the focus stays, as with `keepFocus`.
 * @param {HTMLElement} box
 * @param {...Child} children
 */
export function refill(box, ...children) {
  keepFocus(box, () => box.replaceChildren(...nodes(children)));
}

/**
 * Draw what is in `box` again only where `key`, all that it depends on, changed: a button that is replaced while it is
 * pressed hears no click.
 * @param {HTMLElement} box
 * @param {string} key
 * @param {() => Child} make
 */
export function renew(box, key, make) {
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  refill(box, make());
}

/**
 * Change what is in `box`. If the focus was inside, it goes to the new element of the same id, or to the start of the
 * content where there is none: whoever walks by keyboard is not thrown back to the top of the page.
 * @param {Element} box
 * @param {() => void} change
 */
export function keepFocus(box, change) {
  const focused = box.contains(document.activeElement) ? document.activeElement?.id : null;
  change();
  if (focused === null || focused === undefined) return;
  const now = document.getElementById(focused) ?? byId("main");
  if (now !== document.activeElement) now.focus({ preventScroll: true });
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {Attributes} attributes
 * @param {Child[]} children
 * @returns {E}
 */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name.startsWith("on") || name === "style") throw new Error(`${name} as text is refused by the page's policy`);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...nodes(children));
  return element;
}

/**
 * @param {Child[]} children
 * @returns {(Node | string)[]}
 */
function nodes(children) {
  return children.flatMap((child) => {
    if (Array.isArray(child)) return nodes(child);
    if (child === null || child === undefined || child === false) return [];
    return [child instanceof Node ? child : String(child)];
  });
}

/** Whether there is room to show at once what a phone folds. */
export const isWide = () => window.matchMedia("(width >= 60rem)").matches;
