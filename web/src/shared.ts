// What the second script (more/) takes from the first: the same components, contexts and hooks, not others like them.
// A name that more/ imports and that is not here is an error of tests/more.test.ts.

export { Fragment, jsx, jsxs } from "preact/jsx-runtime";
export { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
export { useClasses } from "./classes";
export { FedAll } from "./parts/Caused";
export { labelOf, nameOf } from "./parts/Examples";
export { VirtualGrid } from "./parts/Grid";
export { Choice, ClassName, Facts, Loading, Name, Problem, Section, UnitCaption, UnitWords } from "./parts/small";
export { DeadTile, ExampleTile, Tile, UnitTile } from "./parts/Tile";
export { imagePath, Thumb } from "./parts/WholeImage";
export { parseUnit, toClass, toCompare, toExperiment, toImage, toLayer, toUnit, withQuery } from "./route";
export { saveFile, useShell } from "./shell";
export { layerNamed, layerOfUnit, openAtlas, useAtlas, useData, useNeighbours, usePicture } from "./store";
export { baseName, fieldOf, listed, many, percent, readable, shapeOf, short } from "./words";
