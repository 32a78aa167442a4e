using System.Reflection;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Workloads;

namespace Hooks.Testing;

/// <summary>
/// Where cases are kept that broke in a test: in the folder <c>broken</c> beside the tests' assembly, KERNEL-ARCH-INVARIANT.case, so that the command which replays one can
/// be copied. While a property is shrunk each smaller case takes the place of the one before.
/// </summary>
internal static class BrokenCase
{
    /// <summary>Saves a case.</summary>
    /// <returns>What <c>hooks run</c> is to be given: the file, and the assembly that the architecture comes from.</returns>
    public static string Save(Case @case, IArchitecture architecture)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "broken");
        var file = Path.Combine(folder, $"{@case.Kernel}-{@case.Arch}-{(@case.Fails.Length > 0 ? @case.Fails[0].Invariant : "law")}.case");
        try
        {
            // Tests run side by side, and a reader must not meet half a case.
            var temporary = $"{file}.{Environment.CurrentManagedThreadId}.tmp";
            Directory.CreateDirectory(folder);
            File.WriteAllText(temporary, @case.ToString());
            File.Move(temporary, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The case is shown too: it can be saved by hand.
        }

        var assembly = architecture.GetType().Assembly;
        return Quoted(file) + (IsPlugin(assembly) ? $" --plugin {Quoted(assembly.Location)}" : "");
    }

    private static bool IsPlugin(Assembly assembly)
    {
        try
        {
            return assembly.GetExportedTypes().Any(t => t.IsClass && t.IsAssignableTo(typeof(IPlugin)));
        }
        catch (Exception e) when (e is IOException or TypeLoadException or NotSupportedException)
        {
            // Not all that it needs is there, or it was made in memory: no plugin that could be loaded.
            return false;
        }
    }

    private static string Quoted(string word) => word.Contains(' ', StringComparison.Ordinal) ? $"'{word}'" : word;
}
