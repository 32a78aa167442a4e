using DiffEngine;

namespace Hooks.Snapshots.Shim;

/// <summary>Opens the developer's diff tool on a mismatch, where there is a developer to look at it.</summary>
internal static class DiffTool
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Shows the difference; does nothing on a build server, without a screen, or when <c>DiffEngine_Disabled</c> is set.</summary>
    public static async Task Show(string receivedPath, string verifiedPath)
    {
        if (DiffRunner.Disabled || !SomeoneIsLooking(Environment.GetEnvironmentVariable))
            return;

        try
        {
            await DiffRunner.LaunchForTextAsync(receivedPath, verifiedPath).WaitAsync(Patience);
        }
#pragma warning disable CA1031 // The test fails with its diff in any case; a tool that does not start must not hide that.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    /// <summary>DiffEngine knows the build servers by name; CI alone it lets pass, and on Linux it does not ask for a screen.</summary>
    internal static bool SomeoneIsLooking(Func<string, string?> environment)
    {
        if (environment("CI") is { Length: > 0 } ci && !ci.Equals("false", StringComparison.OrdinalIgnoreCase))
            return false;

        if (!OperatingSystem.IsLinux())
            return Environment.UserInteractive;

        return !string.IsNullOrEmpty(environment("DISPLAY")) || !string.IsNullOrEmpty(environment("WAYLAND_DISPLAY"));
    }
}
