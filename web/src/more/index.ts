// The views that few visits need: atlas-more.js, a second script, loaded when one of them is opened. All that this folder
// imports from elsewhere is in the first script already and is taken from there (../shared.ts).

export { ComparePage } from "./Compare";
export { ExperimentPage, ExperimentsPage } from "./Experiments";
