export { type Clock, systemClock } from "./clock.ts";
export { type DemoOptions, demoCluster, demoScripts, demoSpeed } from "./demo.ts";
export { ManualClock } from "./manual-clock.ts";
export { newNode, nodeAnnotation } from "./node.ts";
export { type NodeBehaviour, type PodBehaviour, scriptAnnotation } from "./script.ts";
export { type Simulation, type SimulationOptions, startSimulation } from "./simulation.ts";
