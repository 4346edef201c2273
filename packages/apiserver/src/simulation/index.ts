/**
 * Nodes that run no containers but say that they do, and what goes wrong on them.
 *
 * @module @kubecast/apiserver/simulation
 */

export { type DemoOptions, demoCluster, demoScripts, demoSpeed } from "./demo.ts";
export { newNode, nodeAnnotation } from "./node.ts";
export { type NodeBehaviour, type PodBehaviour, scriptAnnotation } from "./script.ts";
export { type Simulation, type SimulationOptions, startSimulation } from "./simulation.ts";
