using Hooks.Lab;

namespace Hooks.Cli.RealKernel;

/// <summary>What the doctor found of a kernel.</summary>
/// <param name="Image">The kernel.</param>
/// <param name="Release">As uname says it; null if it did not come up.</param>
/// <param name="BootedIn">From the start of QEMU to the agent's first word.</param>
/// <param name="SelfTest">What the self-test said.</param>
/// <param name="Wrong">What is wrong; null if nothing.</param>
/// <param name="Steps">How many steps its model has; null if it has no line tables to find them by.</param>
/// <param name="Addressable">How many of them have an address.</param>
internal sealed record Diagnosis(LabImage Image, string? Release, TimeSpan BootedIn, string SelfTest, string? Wrong, int? Steps = null, int? Addressable = null);
