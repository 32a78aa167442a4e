using Hooks.Arch.Arm64;
using Hooks.Cli.Replaying;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Report.Repro;

namespace Hooks.Cli.Reproducing;

/// <summary>The C program of a case file.</summary>
internal static class ReproText
{
    /// <summary>The kernel that is asked what a program must find: the newest, which can do all that user space can.</summary>
    private const string Reference = "v7.3";

    /// <summary>The program of a case.</summary>
    /// <exception cref="InputException">User space cannot do it.</exception>
    public static string Of(CaseFile file, ReproFormat format)
    {
        var (program, refusal) = TryOf(file, format);
        return program ?? throw new InputException($"{file.Shown}: {refusal}");
    }

    /// <summary>The program of a case; null and why, if user space cannot do it.</summary>
    public static (string? Program, string Refusal) TryOf(CaseFile file, ReproFormat format)
    {
        try
        {
            return (ReproProgram.Print(file.Case, file.Shown, ReferenceFor(file), format), "");
        }
        catch (Exception e) when (e is CannotReproduceException or CapacityException)
        {
            return (null, e.Message);
        }
    }

    /// <summary>What it would say on a kernel of the model, on arm64, which the lab's kernels run on; null: nobody can foretell.</summary>
    public static Foretold? Forecast(CaseFile file, Kernel kernel) => ReproForecast.Of(file.Case, ReferenceFor(file), new Machine(kernel, new Arm64Architecture()));

    private static Machine ReferenceFor(CaseFile file) => new(KernelCatalogue.Get(Reference), ArchitectureFor(file));

    /// <summary>Tags are arm64's on any architecture that has some: there is no other to run on.</summary>
    private static IArchitecture ArchitectureFor(CaseFile file) => file.Case.Arch == new NoArchitecture().Name ? new NoArchitecture() : new Arm64Architecture();
}
