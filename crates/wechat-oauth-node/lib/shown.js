'use strict';

// How the objects look in a console. What is secret is in private fields, which nothing shows.

const custom = Symbol.for('nodejs.util.inspect.custom');

/**
 * Lets a class be shown with these parts.
 * @template T
 * @param {{ prototype: T, name: string }} shownClass
 * @param {(object: T) => object} parts
 */
function shownAs(shownClass, parts) {
  Object.defineProperty(shownClass.prototype, custom, {
    /**
     * @this {T}
     * @param {number} _depth
     * @param {object} options
     * @param {(value: object, options: object) => string} inspect
     */
    value(_depth, options, inspect) {
      return `${shownClass.name} ${inspect(parts(this), options)}`;
    },
    configurable: true,
    writable: true,
  });
}

exports.shownAs = shownAs;
