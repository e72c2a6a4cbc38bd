export { shownAs };
/**
 * Lets a class be shown with these parts.
 * @template T
 * @param {{ prototype: T, name: string }} shownClass
 * @param {(object: T) => object} parts
 */
declare function shownAs<T>(shownClass: {
    prototype: T;
    name: string;
}, parts: (object: T) => object): void;
